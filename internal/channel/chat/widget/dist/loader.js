(()=>{var f=new Set;function s(e){f.has(e)||(f.add(e),console.warn(`Parley's chat: ${e}`))}function y(e){let{host:t}=new URL(e);document.addEventListener("securitypolicyviolation",({blockedURI:n,effectiveDirective:i})=>{!URL.canParse(n)||new URL(n).host!==t||s(`the page's Content-Security-Policy refuses ${n}: add ${new URL(n).origin} to ${i}.`)})}var b="script[data-channel], script[data-parley-key]";function $(){let e=document.currentScript??document.querySelector(b),t=e?.dataset.channel??e?.dataset.parleyKey;return e?.src&&t?{script:e,key:t}:(s("it does not start: the script tag lacks data-channel, the channel's key. Copy the tracking code from the channel's settings."),null)}var l=Symbol.for("parley.widget");function v(e){let t=window;return t[l]===void 0?(t[l]=e,!0):(t[l]!==e&&s(`the page has two tags, of the channels ${t[l]} and ${e}. Only the first one is shown.`),!1)}var P=/#parley-link=([\w.-]+)$/;function w(){return P.test(location.href)}var I="id fileName contentType size url scan",u=`id number authorName authorAvatarUrl direction text replyTo { id text } createdAt seen attachments { ${I} }`,a=`edges { cursor node { ${u} } } pageInfo { hasPreviousPage startCursor }`,r="userErrors { code message field }",c="id cursor status unread continuedElsewhere assignee { name avatarUrl }",x=`query Widget($key: String!, $page: URL!, $small: Boolean, $locale: String, $known: Boolean!, $last: ID!, $goesOn: Boolean!) {
  widget(channelKey: $key, pageUrl: $page, smallScreen: $small, locale: $locale) {
    channelKey title locale direction launcherHidden unread matchesQuery matchesFragment
    style { accentColor position avatarUrl }
    texts { key text }
    visitor { id name email identified }
    availability { state text replyTime backAt }
    targetedMessage {
      id version welcomeMessage openByItself smallScreen
      heading { name avatarUrl people { name avatarUrl } }
      emailCapture { timing delaySeconds text needed }
      consent { processing { mode text version accepted } communication { text version } }
    }
  }
  visitorConversations @include(if: $known) { nodes { ${c} messages(last: 1) { ${a} } } }
  visitorConversation(id: $last) @include(if: $goesOn) { ${c} messages(last: 50) { ${a} } }
}`,K=`mutation Session($input: StartVisitorSessionInput!) {
  startVisitorSession(input: $input) { token visitor { id name email identified } ${r} }
}`,D=`query Conversations {
  visitorConversations { nodes { ${c} messages(last: 1) { ${a} } } }
}`,H=`query Conversation($id: ID!, $before: String) {
  visitorConversation(id: $id) { ${c} messages(last: 50, before: $before) { ${a} } }
}`,j=`mutation StartChat($input: StartChatInput!) {
  startChat(input: $input) { conversation { ${c} messages(last: 50) { ${a} } } ${r} }
}`,_=`mutation Send($input: SendVisitorMessageInput!) {
  sendVisitorMessage(input: $input) { message { ${u} } conversation { id status } ${r} }
}`,J=`mutation Upload($input: UploadVisitorAttachmentInput!) {
  uploadVisitorAttachment(input: $input) { attachment { id fileName contentType size } ${r} }
}`,z=`mutation End($input: EndVisitorSessionInput!) {
  endVisitorSession(input: $input) { ${r} }
}`,F=`mutation Code($input: RequestVisitorEmailCodeInput!) {
  requestVisitorEmailCode(input: $input) { visitor { id name email identified } ${r} }
}`,G=`mutation Prove($input: ProveVisitorEmailInput!) {
  proveVisitorEmail(input: $input) { token visitor { id name email identified } ${r} }
}`,Q=`mutation Email($input: CaptureVisitorEmailInput!) {
  captureVisitorEmail(input: $input) { visitor { id name email identified } ${r} }
}`,Y=`mutation Consent($input: RecordVisitorConsentInput!) {
  recordVisitorConsent(input: $input) { ${r} }
}`,X=`mutation View($input: RecordWidgetViewInput!) {
  recordWidgetView(input: $input) { ${r} }
}`,Z=`mutation Visit($session: StartVisitorSessionInput!, $renews: Boolean!, $page: TrackPageViewInput!, $tracks: Boolean!, $view: RecordWidgetViewInput!, $shows: Boolean!) {
  startVisitorSession(input: $session) @include(if: $renews) { token visitor { id name email identified } ${r} }
  trackPageView(input: $page) @include(if: $tracks) { ${r} }
  recordWidgetView(input: $view) @include(if: $shows) { ${r} }
}`,ee=`mutation Typing($input: SetTypingInput!) {
  setTyping(input: $input) { ${r} }
}`,te=`mutation Read($input: MarkVisitorConversationReadInput!) {
  markVisitorConversationRead(input: $input) { conversation { id unread } ${r} }
}`,ne=`subscription Follow($id: ID!, $after: String) {
  visitorConversation(conversationId: $id, after: $after) {
    __typename
    ... on VisitorMessageChange { cursor kind message { ${u} } }
    ... on VisitorTyping { authorName typing }
    ... on VisitorStatusChange { cursor status }
    ... on VisitorConversationContinued { conversation { id } }
  }
}`;var T="(max-width: 520px)";function S(e=!1){let{href:t,hash:n}=location,i=e?t:t.slice(0,t.length-n.length).replace(/#$/,"");return i.length<=2048?i:(location.origin+location.pathname).slice(0,2048).replace(/%.?$/,"")}var g=class extends Error{constructor(n,i,o=[]){super(i);this.code=n;this.field=o}code;field;get passing(){return["NETWORK","UNAVAILABLE","RATE_LIMITED","INTERNAL","TIMEOUT"].includes(this.code)}},R=2e4,O="The server could not be reached.";async function E(e,t,n){let i={"Content-Type":"application/json",Accept:"application/graphql-response+json, application/json"};t&&(i.Authorization=`Bearer ${t}`);let o=null;try{return o=await fetch(`${e}graphql`,{method:"POST",headers:i,body:n,credentials:"omit",referrerPolicy:"no-referrer",signal:AbortSignal.timeout(R)}),await o.json()}catch(d){throw o?s(`${e}graphql answers with status ${o.status} and no JSON: something in between does not let requests through. It tries again.`):navigator.onLine&&d.name!=="TimeoutError"&&s(`${e}graphql cannot be reached from ${location.origin}. The page's connect-src, an ad blocker or a firewall may block it, or the origin is missing in the server's PARLEY_ALLOWED_ORIGINS. It tries again.`),new g("NETWORK",O)}}var p=class{constructor(t,n=()=>localStorage){this.name=t;this.where=n}name;where;memory={};refused=!1;get(t){return this.read()[t]}set(t,n){this.put({[t]:n})}put(t){this.write({...this.read(),...t})}watch(t){addEventListener("pagehide",()=>this.read()),addEventListener("storage",({key:n})=>{(n===this.name||n===null)&&t()})}read(){if(this.refused)return this.memory;try{let t=this.where().getItem(this.name);t!==null?this.memory=JSON.parse(t):Object.keys(this.memory).length&&this.write(this.memory)}catch{}return this.memory}write(t){this.memory=t;try{this.where().setItem(this.name,JSON.stringify(t)),this.refused=!1}catch{this.refused=!0}}};function k(e){return new p(`parley:${e}`)}function C(e){return new p(`parley-link:${e}`,()=>sessionStorage)}function L(e){return e.dataset.locale??(document.documentElement.lang||navigator.language)}function A(e,t,n,i,o){return{key:e,page:n,small:matchMedia(T).matches,locale:t||null,known:i,last:o??"",goesOn:i&&!!o}}function V(e,t,n){if(w())return null;let i=k(t),o=C(t).get("token")??i.get("token")??null,d=A(t,n,S(),o!==null,i.get("conversation")),m=JSON.stringify({query:x,variables:d}),h=E(e,o,m);return h.catch(()=>{}),{token:o,body:m,answer:h}}function U(e){let{trustedTypes:t}=window;try{return t?.createPolicy("parley",{createScriptURL:n=>n}).createScriptURL(e)??e}catch{return s(`the page's Content-Security-Policy refuses the Trusted Types policy "parley": add it to trusted-types.`),e}}function M(){let e=$();if(!e||!v(e.key))return;let t=new URL(".",e.script.src).href;y(t);let n=document.createElement("script");n.async=!0,n.src=U(new URL("widget/2c6f217861f6d662.js",t).href),n.nonce=e.script.nonce,n.onerror=()=>s(`${n.src} cannot be loaded.`),Object.assign(n.dataset,e.script.dataset),n.parley={early:V(t,e.key,L(e.script))},document.head.append(n)}M();})();
