// Package slackserver is a Slack for tests: it speaks the methods of Slack's Web API that Parley
// calls, as Slack documents them, and sends signed events and actions as Slack does.
//
// It has one workspace. It can be told to limit, to refuse, and to drop the connection after it
// did what was asked: what a client cannot know from an answer it has to find out.
package slackserver
