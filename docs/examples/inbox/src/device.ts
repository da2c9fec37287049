// This browser as a place where notifications show, also while the page is closed (web push).
/** The id of the user who wants them here. */
const wanted = 'parley-notify';

export const canPush = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

/** Whether this user wants notifications in this browser. */
export const isWanted = (userId: string) => canPush && localStorage.getItem(wanted) === userId;

export interface Device {
  endpoint: string;
  p256dh: string;
  auth: string;
}

/** Subscribes at the browser's push service, or gives what there is; an error is in words. */
export async function subscribe(userId: string, applicationServerKey: string): Promise<Device> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error('The browser does not allow notifications of this page.');
  await navigator.serviceWorker.register(`${import.meta.env.BASE_URL}notify.js`);
  const { pushManager } = await navigator.serviceWorker.ready;
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  const { endpoint, keys } = subscription.toJSON();
  if (!endpoint || !keys?.p256dh || !keys.auth) throw new Error('The browser gave no keys.');
  localStorage.setItem(wanted, userId);
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth };
}

/** Ends them in this browser: its push service then says so to Parley. */
export async function forget(): Promise<void> {
  if (!canPush || localStorage.getItem(wanted) === null) return;
  localStorage.removeItem(wanted);
  const registration = await navigator.serviceWorker.getRegistration(import.meta.env.BASE_URL);
  const subscription = await registration?.pushManager.getSubscription();
  await subscription?.unsubscribe();
}
