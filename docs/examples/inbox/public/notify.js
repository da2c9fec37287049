// The service worker: shows what Parley pushes, also while no page of the inbox is open.
addEventListener('push', (event) => {
  const { text, tag, conversationId, unread } = event.data.json();
  event.waitUntil(
    Promise.all([
      registration.showNotification(text, { tag, renotify: true, dir: 'auto', data: { conversationId } }),
      navigator.setAppBadge?.(unread),
    ]),
  );
});

addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { conversationId } = event.notification.data;
  event.waitUntil(
    (async () => {
      const [page] = await clients.matchAll({ type: 'window', includeUncontrolled: true });
      if (!page) return clients.openWindow(registration.scope + (conversationId ? `#conversation=${conversationId}` : ''));
      page.postMessage({ conversationId });
      return page.focus();
    })(),
  );
});
