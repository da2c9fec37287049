// Package slack shows conversations in Slack, and brings back what is written there.
package slack
