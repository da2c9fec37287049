(()=>{var f=new Set;function s(e){f.has(e)||(f.add(e),console.warn(`Parley's chat: ${e}`))}function y(e){let{host:t}=new URL(e);document.addEventListener("securitypolicyviolation",({blockedURI:n,effectiveDirective:r})=>{!URL.canParse(n)||new URL(n).host!==t||s(`the page's Content-Security-Policy refuses ${n}: add ${new URL(n).origin} to ${r}.`)})}var P="script[data-channel], script[data-parley-key]";function $(){let e=document.currentScript??document.querySelector(P),t=e?.dataset.channel??e?.dataset.parleyKey;return e?.src&&t?{script:e,key:t}:(s("it does not start: the script tag lacks data-channel, the channel's key. Copy the tracking code from the channel's settings."),null)}var l=Symbol.for("parley.widget");function v(e){let t=window;return t[l]===void 0?(t[l]=e,!0):(t[l]!==e&&s(`the page has two tags, of the channels ${t[l]} and ${e}. Only the first one is shown.`),!1)}var V=/#parley-link=([\w.-]+)$/;function w(){return V.test(location.href)}var R="id fileName contentType size url scan",u=`id number authorName authorAvatarUrl direction text replyTo { id text } createdAt seen attachments { ${R} }`,a=`edges { cursor node { ${u} } } pageInfo { hasPreviousPage startCursor }`,o="userErrors { code message field }",c="id cursor status unread assignee { name avatarUrl }",x=`query Widget($key: String!, $page: URL!, $small: Boolean, $locale: String, $known: Boolean!, $last: ID!, $goesOn: Boolean!) {
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
}`,q=`mutation Session($input: StartVisitorSessionInput!) {
  startVisitorSession(input: $input) { token visitor { id name email identified } ${o} }
}`,D=`query Conversations {
  visitorConversations { nodes { ${c} messages(last: 1) { ${a} } } }
}`,H=`query Conversation($id: ID!, $before: String) {
  visitorConversation(id: $id) { ${c} messages(last: 50, before: $before) { ${a} } }
}`,j=`mutation StartChat($input: StartChatInput!) {
  startChat(input: $input) { conversation { ${c} messages(last: 50) { ${a} } } ${o} }
}`,_=`mutation Send($input: SendVisitorMessageInput!) {
  sendVisitorMessage(input: $input) { message { ${u} } conversation { id status } ${o} }
}`,J=`mutation Upload($input: UploadVisitorAttachmentInput!) {
  uploadVisitorAttachment(input: $input) { attachment { id fileName contentType size } ${o} }
}`,z=`mutation Email($input: CaptureVisitorEmailInput!) {
  captureVisitorEmail(input: $input) { visitor { id name email identified } ${o} }
}`,F=`mutation Consent($input: RecordVisitorConsentInput!) {
  recordVisitorConsent(input: $input) { ${o} }
}`,G=`mutation View($input: RecordWidgetViewInput!) {
  recordWidgetView(input: $input) { ${o} }
}`,Q=`mutation Visit($session: StartVisitorSessionInput!, $renews: Boolean!, $page: TrackPageViewInput!, $tracks: Boolean!, $view: RecordWidgetViewInput!, $shows: Boolean!) {
  startVisitorSession(input: $session) @include(if: $renews) { token visitor { id name email identified } ${o} }
  trackPageView(input: $page) @include(if: $tracks) { ${o} }
  recordWidgetView(input: $view) @include(if: $shows) { ${o} }
}`,Y=`mutation Typing($input: SetTypingInput!) {
  setTyping(input: $input) { ${o} }
}`,X=`mutation Read($input: MarkVisitorConversationReadInput!) {
  markVisitorConversationRead(input: $input) { conversation { id unread } ${o} }
}`,Z=`subscription Follow($id: ID!, $after: String) {
  visitorConversation(conversationId: $id, after: $after) {
    __typename
    ... on VisitorMessageChange { cursor kind message { ${u} } }
    ... on VisitorTyping { authorName typing }
    ... on VisitorStatusChange { cursor status }
  }
}`;var T="(max-width: 520px)";function S(e=!1){let{href:t,hash:n}=location,r=e?t:t.slice(0,t.length-n.length).replace(/#$/,"");return r.length<=2048?r:(location.origin+location.pathname).slice(0,2048).replace(/%.?$/,"")}var g=class extends Error{constructor(n,r,i=[]){super(r);this.code=n;this.field=i}code;field;get passing(){return["NETWORK","UNAVAILABLE","RATE_LIMITED","INTERNAL","TIMEOUT"].includes(this.code)}},I=2e4,O="The server could not be reached.";async function k(e,t,n){let r={"Content-Type":"application/json",Accept:"application/graphql-response+json, application/json"};t&&(r.Authorization=`Bearer ${t}`);let i=null;try{return i=await fetch(`${e}graphql`,{method:"POST",headers:r,body:n,credentials:"omit",referrerPolicy:"no-referrer",signal:AbortSignal.timeout(I)}),await i.json()}catch(d){throw i?s(`${e}graphql answers with status ${i.status} and no JSON: something in between does not let requests through. It tries again.`):navigator.onLine&&d.name!=="TimeoutError"&&s(`${e}graphql cannot be reached from ${location.origin}. The page's connect-src, an ad blocker or a firewall may block it, or the origin is missing in the server's PARLEY_ALLOWED_ORIGINS. It tries again.`),new g("NETWORK",O)}}var p=class{constructor(t,n=()=>localStorage){this.name=t;this.where=n}name;where;memory={};refused=!1;get(t){return this.read()[t]}set(t,n){this.put({[t]:n})}put(t){this.write({...this.read(),...t})}watch(t){addEventListener("pagehide",()=>this.read()),addEventListener("storage",({key:n})=>{(n===this.name||n===null)&&t()})}read(){if(this.refused)return this.memory;try{let t=this.where().getItem(this.name);t!==null?this.memory=JSON.parse(t):Object.keys(this.memory).length&&this.write(this.memory)}catch{}return this.memory}write(t){this.memory=t;try{this.where().setItem(this.name,JSON.stringify(t)),this.refused=!1}catch{this.refused=!0}}};function E(e){return new p(`parley:${e}`)}function L(e){return new p(`parley-link:${e}`,()=>sessionStorage)}function C(e){return e.dataset.locale??(document.documentElement.lang||navigator.language)}function A(e,t,n,r,i){return{key:e,page:n,small:matchMedia(T).matches,locale:t||null,known:r,last:i??"",goesOn:r&&!!i}}function b(e,t,n){if(w())return null;let r=E(t),i=L(t).get("token")??r.get("token")??null,d=A(t,n,S(),i!==null,r.get("conversation")),m=JSON.stringify({query:x,variables:d}),h=k(e,i,m);return h.catch(()=>{}),{token:i,body:m,answer:h}}function U(e){let{trustedTypes:t}=window;try{return t?.createPolicy("parley",{createScriptURL:n=>n}).createScriptURL(e)??e}catch{return s(`the page's Content-Security-Policy refuses the Trusted Types policy "parley": add it to trusted-types.`),e}}function M(){let e=$();if(!e||!v(e.key))return;let t=new URL(".",e.script.src).href;y(t);let n=document.createElement("script");n.async=!0,n.src=U(new URL("widget/b87e7d4b5b12a58d.js",t).href),n.nonce=e.script.nonce,n.onerror=()=>s(`${n.src} cannot be loaded.`),Object.assign(n.dataset,e.script.dataset),n.parley={early:b(t,e.key,C(e.script))},document.head.append(n)}M();})();
