// Package company holds the rules of companies, the organizations that contacts, tickets
// and deals belong to (CR-6). A mail domain belongs to one company of the account at most;
// whoever comes first has it, also among callers at the same time. What follows for
// contacts from a company's domains is in package contact.
package company
