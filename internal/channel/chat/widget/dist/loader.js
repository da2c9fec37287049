(()=>{var h=new Set;function s(t){h.has(t)||(h.add(t),console.warn(`Parley's chat: ${t}`))}function f(t){let{host:e}=new URL(t);document.addEventListener("securitypolicyviolation",({blockedURI:n,effectiveDirective:r})=>{!URL.canParse(n)||new URL(n).host!==e||s(`the page's Content-Security-Policy refuses ${n}: add ${new URL(n).origin} to ${r}.`)})}var L="script[data-channel], script[data-parley-key]";function y(){let t=document.currentScript??document.querySelector(L),e=t?.dataset.channel??t?.dataset.parleyKey;return t?.src&&e?{script:t,key:e}:(s("it does not start: the script tag lacks data-channel, the channel's key. Copy the tracking code from the channel's settings."),null)}var d=Symbol.for("parley.widget");function $(t){let e=window;return e[d]===void 0?(e[d]=t,!0):(e[d]!==t&&s(`the page has two tags, of the channels ${e[d]} and ${t}. Only the first one is shown.`),!1)}var P=/#parley-link=([\w.-]+)$/;function v(){return P.test(location.href)}var I="id fileName contentType size url scan",u=`id number authorName authorAvatarUrl direction byEmail text replyTo { id text } createdAt seen attachments { ${I} } cards { kind title description url buttonText imageUrl durationSeconds } quickReplies { text } asksForEmail awaitsAnswer`,a=`edges { cursor node { ${u} } } pageInfo { hasPreviousPage startCursor }`,i="userErrors { code message field }",c="id cursor status unread continuedElsewhere assignee { name avatarUrl } ratingQuestion { scale text }",w=`query Widget($key: String!, $page: URL!, $small: Boolean, $locale: String, $known: Boolean!, $last: ID!, $goesOn: Boolean!) {
  widget(channelKey: $key, pageUrl: $page, smallScreen: $small, locale: $locale) {
    channelKey title locale direction launcherHidden unread matchesQuery matchesFragment
    style { accentColor position avatarUrl }
    texts { key text }
    visitor { id name email identified }
    availability { state text replyTime backAt }
    targetedMessage {
      id version welcomeMessage openByItself smallScreen
      heading { name avatarUrl people { name avatarUrl } }
      emailCapture { timing delaySeconds text needed fields { key label kind options { value label } required when } }
      consent { processing { mode text version accepted } communication { text version } }
    }
  }
  visitorConversations @include(if: $known) { nodes { ${c} messages(last: 1) { ${a} } } }
  visitorConversation(id: $last) @include(if: $goesOn) { ${c} messages(last: 50) { ${a} } }
}`,B=`mutation Session($input: StartVisitorSessionInput!) {
  startVisitorSession(input: $input) { token visitor { id name email identified } ${i} }
}`,j=`query Conversations {
  visitorConversations { nodes { ${c} messages(last: 1) { ${a} } } }
}`,D=`query Conversation($id: ID!, $before: String) {
  visitorConversation(id: $id) { ${c} messages(last: 50, before: $before) { ${a} } }
}`,H=`mutation StartChat($input: StartChatInput!) {
  startChat(input: $input) { conversation { ${c} messages(last: 50) { ${a} } } ${i} }
}`,F=`mutation Send($input: SendVisitorMessageInput!) {
  sendVisitorMessage(input: $input) { message { ${u} } conversation { id status } ${i} }
}`,J=`mutation Upload($input: UploadVisitorAttachmentInput!) {
  uploadVisitorAttachment(input: $input) { attachment { id fileName contentType size } ${i} }
}`,_=`mutation End($input: EndVisitorSessionInput!) {
  endVisitorSession(input: $input) { ${i} }
}`,z=`mutation Code($input: RequestVisitorEmailCodeInput!) {
  requestVisitorEmailCode(input: $input) { visitor { id name email identified } ${i} }
}`,Q=`mutation Prove($input: ProveVisitorEmailInput!) {
  proveVisitorEmail(input: $input) { token visitor { id name email identified } ${i} }
}`,G=`mutation Email($input: CaptureVisitorEmailInput!) {
  captureVisitorEmail(input: $input) { visitor { id name email identified } ${i} }
}`,Y=`mutation Fields($input: SubmitVisitorFieldsInput!) {
  submitVisitorFields(input: $input) { visitor { id name email identified } ${i} }
}`,X=`mutation Properties($input: SetVisitorPropertiesInput!) {
  setVisitorProperties(input: $input) { visitor { id name email identified } ${i} }
}`,Z=`mutation Consent($input: RecordVisitorConsentInput!) {
  recordVisitorConsent(input: $input) { ${i} }
}`,tt=`mutation View($input: RecordWidgetViewInput!) {
  recordWidgetView(input: $input) { ${i} }
}`,et=`mutation Visit($session: StartVisitorSessionInput!, $renews: Boolean!, $page: TrackPageViewInput!, $tracks: Boolean!, $view: RecordWidgetViewInput!, $shows: Boolean!) {
  startVisitorSession(input: $session) @include(if: $renews) { token visitor { id name email identified } ${i} }
  trackPageView(input: $page) @include(if: $tracks) { ${i} }
  recordWidgetView(input: $view) @include(if: $shows) { ${i} }
}`,nt=`mutation Typing($input: SetTypingInput!) {
  setTyping(input: $input) { ${i} }
}`,it=`mutation Read($input: MarkVisitorConversationReadInput!) {
  markVisitorConversationRead(input: $input) { conversation { id unread } ${i} }
}`,rt=`mutation Rate($input: RateConversationInput!) {
  rateConversation(input: $input) { conversation { id } ${i} }
}`,ot=`subscription Follow($id: ID!, $after: String) {
  visitorConversation(conversationId: $id, after: $after) {
    __typename
    ... on VisitorMessageChange { cursor kind message { ${u} } }
    ... on VisitorTyping { authorName typing }
    ... on VisitorStatusChange { cursor status }
    ... on VisitorQueueChange { queuePosition }
    ... on VisitorConversationContinued { conversation { id } }
  }
}`;var x="(max-width: 520px)";function S(t=!1){let{href:e,hash:n}=location,r=t?e:e.slice(0,e.length-n.length).replace(/#$/,"");return r.length<=2048?r:(location.origin+location.pathname).slice(0,2048).replace(/%.?$/,"")}var g=class extends Error{constructor(n,r,o=[]){super(r);this.code=n;this.field=o}code;field;get passing(){return["NETWORK","UNAVAILABLE","RATE_LIMITED","INTERNAL","TIMEOUT"].includes(this.code)}},R=2e4,O="The server could not be reached.";async function T(t,e,n){let r={"Content-Type":"application/json",Accept:"application/graphql-response+json, application/json"};e&&(r.Authorization=`Bearer ${e}`);let o=null;try{return o=await fetch(`${t}graphql`,{method:"POST",headers:r,body:n,credentials:"omit",referrerPolicy:"no-referrer",signal:AbortSignal.timeout(R)}),await o.json()}catch(p){throw o?s(`${t}graphql answers with status ${o.status} and no JSON: something in between does not let requests through. It tries again.`):navigator.onLine&&p.name!=="TimeoutError"&&s(`${t}graphql cannot be reached from ${location.origin}. The page's connect-src, an ad blocker or a firewall may block it, or the origin is missing in the server's PARLEY_ALLOWED_ORIGINS. It tries again.`),new g("NETWORK",O)}}var l=class{constructor(e,n=()=>localStorage){this.name=e;this.where=n}name;where;memory={};refused=!1;restored=()=>{};get(e){return this.read()[e]}set(e,n){this.put({[e]:n})}put(e){this.write({...this.read(),...e})}read(){if(this.refused)return this.memory;try{let e=this.where().getItem(this.name);e!==null?this.memory=JSON.parse(e):Object.keys(this.memory).length&&(this.write(this.memory),this.restored())}catch{}return this.memory}write(e){this.memory=e;try{this.where().setItem(this.name,JSON.stringify(e)),this.refused=!1}catch{this.refused=!0}}};function k(t){return new l(`parley:${t}`)}function E(t){return new l(`parley-link:${t}`,()=>sessionStorage)}function C(t){return new l(`parley-place:${t}`)}function V(t){let e="hosted"in t.dataset?"":document.documentElement.lang;return t.dataset.locale??(e||navigator.language)}function A(t,e,n,r,o){return{key:t,page:n,small:matchMedia(x).matches,locale:e||null,known:r,last:o??"",goesOn:r&&!!o}}function b(t,e,n){if(v())return null;let r=E(e).get("token")??k(e).get("token")??null,o=A(e,n,S(),r!==null,C(e).get("conversation")),p=JSON.stringify({query:w,variables:o}),m=T(t,r,p);return m.catch(()=>{}),{token:r,body:p,answer:m}}function U(t){let{trustedTypes:e}=window;try{return e?.createPolicy("parley",{createScriptURL:n=>n}).createScriptURL(t)??t}catch{return s(`the page's Content-Security-Policy refuses the Trusted Types policy "parley": add it to trusted-types.`),t}}function M(){let t=y();if(!t||!$(t.key))return;let e=new URL(".",t.script.src).href;f(e);let n=document.createElement("script");n.async=!0,n.src=U(new URL("widget/2a28793a5dd7b49d.js",e).href),n.nonce=t.script.nonce,n.onerror=()=>s(`${n.src} cannot be loaded.`),Object.assign(n.dataset,t.script.dataset),n.parley={early:b(e,t.key,V(t.script))},document.head.append(n)}M();})();
