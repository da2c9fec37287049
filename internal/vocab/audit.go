package vocab

// AuditAction names what the audit log has an entry for (AC-17). Those of events have
// the names of their types.
type AuditAction string

// Actions, in the order of the SDL's enum.
const (
	AuditConversationDeleted             AuditAction = "CONVERSATION_DELETED"
	AuditConversationRestored            AuditAction = "CONVERSATION_RESTORED"
	AuditConversationPurged              AuditAction = "CONVERSATION_PURGED"
	AuditProposalAccepted                AuditAction = "PROPOSAL_ACCEPTED"
	AuditContactErased                   AuditAction = "CONTACT_ERASED"
	AuditContactMerged                   AuditAction = "CONTACT_MERGED"
	AuditContactUnmerged                 AuditAction = "CONTACT_UNMERGED"
	AuditContactDeleted                  AuditAction = "CONTACT_DELETED"
	AuditContactSubscriptionTypeCreated  AuditAction = "CONTACT_SUBSCRIPTION_TYPE_CREATED"
	AuditContactSubscriptionTypeUpdated  AuditAction = "CONTACT_SUBSCRIPTION_TYPE_UPDATED"
	AuditContactSubscriptionTypeArchived AuditAction = "CONTACT_SUBSCRIPTION_TYPE_ARCHIVED"
	AuditContactSubscriptionTypeDeleted  AuditAction = "CONTACT_SUBSCRIPTION_TYPE_DELETED"
	AuditUserCreated                     AuditAction = "USER_CREATED"
	AuditUserUpdated                     AuditAction = "USER_UPDATED"
	AuditUserDeactivated                 AuditAction = "USER_DEACTIVATED"
	AuditUserReactivated                 AuditAction = "USER_REACTIVATED"
	AuditUserInvited                     AuditAction = "USER_INVITED"
	AuditPersonalMailboxConnected        AuditAction = "PERSONAL_MAILBOX_CONNECTED"
	AuditPersonalMailboxRemoved          AuditAction = "PERSONAL_MAILBOX_REMOVED"
	AuditIntegrationUpdated              AuditAction = "INTEGRATION_UPDATED"
	AuditBotCreated                      AuditAction = "BOT_CREATED"
	AuditBotUpdated                      AuditAction = "BOT_UPDATED"
	AuditTeamCreated                     AuditAction = "TEAM_CREATED"
	AuditTeamUpdated                     AuditAction = "TEAM_UPDATED"
	AuditTeamArchived                    AuditAction = "TEAM_ARCHIVED"
	AuditTeamDeleted                     AuditAction = "TEAM_DELETED"
	AuditAccountUpdated                  AuditAction = "ACCOUNT_UPDATED"
	AuditInboxCreated                    AuditAction = "INBOX_CREATED"
	AuditInboxUpdated                    AuditAction = "INBOX_UPDATED"
	AuditInboxDeleted                    AuditAction = "INBOX_DELETED"
	AuditMemberAdded                     AuditAction = "MEMBER_ADDED"
	AuditMemberRemoved                   AuditAction = "MEMBER_REMOVED"
	AuditChannelCreated                  AuditAction = "CHANNEL_CREATED"
	AuditChannelUpdated                  AuditAction = "CHANNEL_UPDATED"
	AuditChannelRemoved                  AuditAction = "CHANNEL_REMOVED"
	AuditTargetedMessageCreated          AuditAction = "TARGETED_MESSAGE_CREATED"
	AuditTargetedMessagePublished        AuditAction = "TARGETED_MESSAGE_PUBLISHED"
	AuditTargetedMessageUpdated          AuditAction = "TARGETED_MESSAGE_UPDATED"
	AuditTargetedMessageDeleted          AuditAction = "TARGETED_MESSAGE_DELETED"
	AuditTokenCreated                    AuditAction = "TOKEN_CREATED"
	AuditTokenRevoked                    AuditAction = "TOKEN_REVOKED"
	AuditTokenUpdated                    AuditAction = "TOKEN_UPDATED"
	AuditTokenRotated                    AuditAction = "TOKEN_ROTATED"
	AuditSignedIn                        AuditAction = "SIGNED_IN"
	AuditSignedOut                       AuditAction = "SIGNED_OUT"
	AuditIdentityProviderCreated         AuditAction = "IDENTITY_PROVIDER_CREATED"
	AuditIdentityProviderUpdated         AuditAction = "IDENTITY_PROVIDER_UPDATED"
	AuditIdentityProviderDeleted         AuditAction = "IDENTITY_PROVIDER_DELETED"
	AuditPipelineCreated                 AuditAction = "PIPELINE_CREATED"
	AuditPipelineUpdated                 AuditAction = "PIPELINE_UPDATED"
	AuditPropertyCreated                 AuditAction = "PROPERTY_CREATED"
	AuditPropertyUpdated                 AuditAction = "PROPERTY_UPDATED"
	AuditKnowledgeBaseUpdated            AuditAction = "KNOWLEDGE_BASE_UPDATED"
	AuditSignInFailed                    AuditAction = "SIGN_IN_FAILED"
	AuditReadAsAdmin                     AuditAction = "READ_AS_ADMIN"
	AuditExported                        AuditAction = "EXPORTED"
	AuditAuditLogTrimmed                 AuditAction = "AUDIT_LOG_TRIMMED"
	AuditEventLogTrimmed                 AuditAction = "EVENT_LOG_TRIMMED"
	AuditChannelDisconnected             AuditAction = "CHANNEL_DISCONNECTED"
	AuditSignInLinkCreated               AuditAction = "SIGN_IN_LINK_CREATED"
	AuditReactionsOperated               AuditAction = "REACTIONS_OPERATED"
)

// Audited reports whether the audit log has events of the type too, and as what (AC-17).
func (t EventType) Audited() (AuditAction, bool) {
	row, known := events[t]
	return AuditAction(t), known && row.does&audited != 0
}
