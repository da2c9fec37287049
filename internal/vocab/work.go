package vocab

// TaskKind names what a background task does.
type TaskKind string

// Kinds of tasks: bulk changes (IN-6) and the deletion of an inbox (IB-3).
const (
	TaskBulkAssign   TaskKind = "BULK_ASSIGN"
	TaskBulkUnassign TaskKind = "BULK_UNASSIGN"
	TaskBulkClose    TaskKind = "BULK_CLOSE"
	TaskBulkReopen   TaskKind = "BULK_REOPEN"
	TaskBulkSpam     TaskKind = "BULK_SPAM"
	TaskBulkNotSpam  TaskKind = "BULK_NOT_SPAM"
	TaskBulkDelete   TaskKind = "BULK_DELETE"
	TaskBulkRestore  TaskKind = "BULK_RESTORE"
	TaskBulkPurge    TaskKind = "BULK_PURGE"
	TaskBulkRead     TaskKind = "BULK_READ"
	TaskBulkUnread   TaskKind = "BULK_UNREAD"
	TaskBulkBlock    TaskKind = "BULK_BLOCK"
	TaskBulkUnblock  TaskKind = "BULK_UNBLOCK"
	TaskBulkSnooze   TaskKind = "BULK_SNOOZE"
	TaskBulkUnsnooze TaskKind = "BULK_UNSNOOZE"
	TaskBulkTag      TaskKind = "BULK_TAG"
	TaskBulkUntag    TaskKind = "BULK_UNTAG"
	TaskBulkPriority TaskKind = "BULK_PRIORITY"
	TaskDeleteInbox  TaskKind = "DELETE_INBOX"
	TaskReclassify   TaskKind = "RECLASSIFY_EMAIL"
	TaskMergeTags    TaskKind = "MERGE_TAGS"
	// TaskImportContacts imports a file of contacts (CR-1).
	TaskImportContacts TaskKind = "IMPORT_CONTACTS"
)

// TaskState says how far a background task is.
type TaskState string

// States of a task.
const (
	TaskQueued   TaskState = "QUEUED"
	TaskRunning  TaskState = "RUNNING"
	TaskDone     TaskState = "DONE"
	TaskFailed   TaskState = "FAILED"
	TaskCanceled TaskState = "CANCELED"
)
