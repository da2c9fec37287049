(()=>{var M=Symbol.for("parley.said"),U=window,y=U[M]??={told:new Set};function a(e){y.told.has(e)||(y.told.add(e),console.warn(`Parley's chat: ${e}`),y.heard?.(e))}function w(e){let{host:t}=new URL(e);document.addEventListener("securitypolicyviolation",({blockedURI:n,effectiveDirective:i})=>{!URL.canParse(n)||new URL(n).host!==t||a(`the page's Content-Security-Policy refuses ${n}: add ${new URL(n).origin} to ${i}.`)})}var q="script[data-channel], script[data-parley-key]";function S(){let e=document.currentScript??document.querySelector(q),t=e?.dataset.channel??e?.dataset.parleyKey;return e?.src&&t?{script:e,key:t}:(a("it does not start: the script tag lacks data-channel, the channel's key. Copy the tracking code from the channel's settings."),null)}var h=Symbol.for("parley.widget");function x(e){let t=window;return t[h]===void 0?(t[h]=e,!0):(t[h]!==e&&a(`the page has two tags, of the channels ${t[h]} and ${e}. Only the first one is shown.`),!1)}var N=/#parley-link=([\w.-]+)$/;function T(){return N.test(location.href)}var W="id fileName contentType size url scan",v=`id number authorName authorAvatarUrl direction byEmail text replyTo { id text } createdAt seen attachments { ${W} } cards { kind title description url buttonText imageUrl durationSeconds } quickReplies { text } asksForEmail awaitsAnswer`,p=`edges { cursor node { ${v} } } pageInfo { hasPreviousPage startCursor }`,o="userErrors { code message field }",u="id cursor status unread continuedElsewhere assignee { name avatarUrl } ratingQuestion { scale text }",b=`query Widget($key: String!, $page: URL!, $small: Boolean, $locale: String, $known: Boolean!, $last: ID!, $goesOn: Boolean!) {
  widget(channelKey: $key, pageUrl: $page, smallScreen: $small, locale: $locale) {
    channelKey title locale direction launcherHidden unread matchesQuery matchesFragment
    style { accentColor position avatarUrl }
    texts { key text }
    visitor { id name email identified }
    availability { state text replyTime backAt }
    targetedMessage {
      id version welcomeMessage openByItself openAfterSeconds openAfterScroll openAtLeaving smallScreen
      heading { name avatarUrl people { name avatarUrl } }
      emailCapture { timing delaySeconds text needed fields { key label kind options { value label } required when } }
      consent { processing { mode text version accepted } communication { text version } }
    }
  }
  visitorConversations @include(if: $known) { nodes { ${u} messages(last: 1) { ${p} } } }
  visitorConversation(id: $last) @include(if: $goesOn) { ${u} messages(last: 50) { ${p} } }
}`,Q=`mutation Session($input: StartVisitorSessionInput!) {
  startVisitorSession(input: $input) { token visitor { id name email identified } ${o} }
}`,G=`query Conversations {
  visitorConversations { nodes { ${u} messages(last: 1) { ${p} } } }
}`,Y=`query Conversation($id: ID!, $before: String) {
  visitorConversation(id: $id) { ${u} messages(last: 50, before: $before) { ${p} } }
}`,X=`mutation StartChat($input: StartChatInput!) {
  startChat(input: $input) { conversation { ${u} messages(last: 50) { ${p} } } ${o} }
}`,Z=`mutation Send($input: SendVisitorMessageInput!) {
  sendVisitorMessage(input: $input) { message { ${v} } conversation { id status } ${o} }
}`,tt=`mutation Upload($input: UploadVisitorAttachmentInput!) {
  uploadVisitorAttachment(input: $input) { attachment { id fileName contentType size } ${o} }
}`,et=`mutation End($input: EndVisitorSessionInput!) {
  endVisitorSession(input: $input) { ${o} }
}`,nt=`mutation Code($input: RequestVisitorEmailCodeInput!) {
  requestVisitorEmailCode(input: $input) { visitor { id name email identified } ${o} }
}`,it=`mutation Prove($input: ProveVisitorEmailInput!) {
  proveVisitorEmail(input: $input) { token visitor { id name email identified } ${o} }
}`,ot=`mutation Email($input: CaptureVisitorEmailInput!) {
  captureVisitorEmail(input: $input) { visitor { id name email identified } ${o} }
}`,rt=`mutation Fields($input: SubmitVisitorFieldsInput!) {
  submitVisitorFields(input: $input) { visitor { id name email identified } ${o} }
}`,st=`mutation Properties($input: SetVisitorPropertiesInput!) {
  setVisitorProperties(input: $input) { visitor { id name email identified } ${o} }
}`,at=`mutation Consent($input: RecordVisitorConsentInput!) {
  recordVisitorConsent(input: $input) { ${o} }
}`,lt=`mutation View($input: RecordWidgetViewInput!) {
  recordWidgetView(input: $input) { ${o} }
}`,ct=`mutation Visit($session: StartVisitorSessionInput!, $renews: Boolean!, $page: TrackPageViewInput!, $tracks: Boolean!, $view: RecordWidgetViewInput!, $shows: Boolean!) {
  startVisitorSession(input: $session) @include(if: $renews) { token visitor { id name email identified } ${o} }
  trackPageView(input: $page) @include(if: $tracks) { ${o} }
  recordWidgetView(input: $view) @include(if: $shows) { ${o} }
}`,dt=`mutation Typing($input: SetTypingInput!) {
  setTyping(input: $input) { ${o} }
}`,pt=`mutation Read($input: MarkVisitorConversationReadInput!) {
  markVisitorConversationRead(input: $input) { conversation { id unread } ${o} }
}`,ut=`mutation Rate($input: RateConversationInput!) {
  rateConversation(input: $input) { conversation { id } ${o} }
}`,gt=`subscription Follow($id: ID!, $after: String) {
  visitorConversation(conversationId: $id, after: $after) {
    __typename
    ... on VisitorMessageChange { cursor kind message { ${v} } }
    ... on VisitorTyping { authorName typing }
    ... on VisitorStatusChange { cursor status }
    ... on VisitorQueueChange { queuePosition }
    ... on VisitorConversationContinued { conversation { id } }
  }
}`;var E="(max-width: 520px)";function k(e=!1){let{href:t,hash:n}=location,i=e?t:t.slice(0,t.length-n.length).replace(/#$/,"");return i.length<=2048?i:(location.origin+location.pathname).slice(0,2048).replace(/%.?$/,"")}var $=class extends Error{constructor(n,i,r=[]){super(i);this.code=n;this.field=r}};var K=2e4,j="The server could not be reached.";async function C(e,t,n){let i={"Content-Type":"application/json",Accept:"application/graphql-response+json, application/json"};t&&(i.Authorization=`Bearer ${t}`);let r=null;try{return r=await fetch(`${e}graphql`,{method:"POST",headers:i,body:n,credentials:"omit",referrerPolicy:"no-referrer",signal:AbortSignal.timeout(K)}),await r.json()}catch(c){throw r?a(`${e}graphql answers with status ${r.status} and no JSON: something in between does not let requests through. It tries again.`):navigator.onLine&&c.name!=="TimeoutError"&&a(`${e}graphql cannot be reached from ${location.origin}. The page's connect-src, an ad blocker or a firewall may block it, or the origin is missing in the server's PARLEY_ALLOWED_ORIGINS. It tries again.`),new $("NETWORK",j)}}var g=class{constructor(t,n=()=>localStorage){this.name=t;this.i=n;this.e={};this.refused=!1;this.n=()=>{}}get(t){return this.read()[t]}set(t,n){this.put({[t]:n})}put(t){this.write({...this.read(),...t})}read(){if(this.refused)return this.e;try{let t=this.i().getItem(this.name);t!==null?this.e=JSON.parse(t):Object.keys(this.e).length&&(this.write(this.e),this.n())}catch{}return this.e}write(t){this.e=t;try{this.i().setItem(this.name,JSON.stringify(t)),this.refused=!1}catch{this.refused=!0}}};function P(e){return new g(`parley:${e}`)}function V(e){return new g(`parley-link:${e}`,()=>sessionStorage)}function I(e){return new g(`parley-place:${e}`)}function L(e){let t="hosted"in e.dataset?"":document.documentElement.lang;return e.dataset.locale??(t||navigator.language)}function B(e,t,n,i,r){return{key:e,page:n,small:matchMedia(E).matches,locale:t||null,known:i,last:r??"",goesOn:i&&!!r}}function A(e,t,n){if(T())return null;let i=V(t).get("token")??P(t).get("token")??null,r=B(t,n,k(),i!==null,I(t).get("conversation")),c=JSON.stringify({query:b,variables:r}),l=C(e,i,c);return l.catch(()=>{}),{token:i,body:c,answer:l}}function D(){let{trustedTypes:e}=window,t={createScriptURL:n=>n};try{return e?.createPolicy("parley",t)??t}catch{return a(`the page's Content-Security-Policy refuses the Trusted Types policy "parley": add it to trusted-types.`),t}}function F(){let e=S();if(!e||!x(e.key))return;let{script:t,key:n}=e,i=new URL(".",t.src).href;w(i);let r=D(),c=(m,f,d={})=>{let s=document.createElement("script");s.async=!0,s.src=r.createScriptURL(new URL(m,i).href),s.nonce=t.nonce,s.onerror=()=>a(`${s.src} cannot be loaded.`),Object.assign(s.dataset,d),document.head.append(Object.assign(s,f))},l={...t.dataset};if("hubspotNames"in l){let m=window,f=new Promise(d=>addEventListener("parley",({detail:s})=>d(s),{once:!0}));if(!m.HubSpotConversations){let{loadImmediately:d,inlineEmbedSelector:s,disableAttachment:O}=m.hsConversationsSettings??{};d===!1&&(l.load="manual"),s&&(l.inline=s),O&&(l.attachments="off")}c("widget/hubspot.js",{ready:f})}let R=l.load==="manual"?null:A(i,n,L(t));c("widget/4b981ffc4d4d67d2.js",{parley:{early:R}},l)}F();})();
