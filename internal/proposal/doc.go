// Package proposal has what machines propose (AG-3): replies and actions, which people
// accept or dismiss. A proposal does nothing by itself. What is accepted runs within the
// acceptance's own transaction, with the accepting person's rights and through the use
// case of the mutation, so that both are done or none is.
package proposal
