// Package quote makes offers with prices to contacts (CO-7): what they come to is computed
// here, in decimals and never in floats. A quote is changed freely; publishing it freezes what it says as a
// version, which its link shows from then on, until it is accepted, declined, revoked or
// expires. A later version takes the place of the one before it and of the answer to that.
//
// Locks are taken in the order quote, deal.
package quote
