// Package crm holds the records that the team works on beside conversations: tickets
// (CR-7) and deals (CR-9), and the pipelines that they go through.
//
// A record belongs to the account, not to an inbox: it outlives the conversation that
// it was made for (IB-3), with which it is seen as long as there is one (AC-14). It is
// in one stage, which is not archived: a stage is archived with the move of all its
// records, or not at all. A stage's kind never changes, so that records have it too,
// for the lists to go by.
package crm
