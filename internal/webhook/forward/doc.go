// Package forward delivers webhooks to an address that Parley cannot reach, such as a
// developer's own machine (DX-4): `parley listen`. It runs there, and uses the public API only.
//
//   - In order, one at a time, at least once. An event is sent again, under the same
//     webhook-id, its id, until it is answered with a status from 200 to 299.
//   - Nothing is missed. It follows the log from a position, and after a break from the last
//     event that was answered.
//   - The bodies and signatures are those of package webhook. There is no document, no filter
//     and no log of deliveries.
package forward
