package attachment

import (
	"context"
	"fmt"

	"parley/internal/store"
)

// ForgetBlobs has the blobs removed of rows that are about to go: those of
// inbound_mails or attachments whose column has the value. A file that another
// attachment names too stays; raw mail is named once.
func ForgetBlobs(ctx context.Context, tx *store.Tx, accountID, table, column, value string) error {
	shared := ""
	if table == "attachments" {
		shared = "AND NOT EXISTS (SELECT 1 FROM attachments AS other WHERE other.blob_key = gone.blob_key AND other." + column + " <> gone." + column + ")"
	}
	_, err := tx.Exec(ctx, `INSERT INTO forgotten_blobs (id, account_id, blob_key, created_at)
		SELECT 'blob_' || MIN(gone.id), gone.account_id, gone.blob_key, CAST($1 AS BIGINT) FROM `+table+` AS gone
		WHERE gone.`+column+` = $2 AND gone.account_id = $3 AND gone.blob_key <> '' `+shared+`
		GROUP BY gone.account_id, gone.blob_key`, int64(tx.Now()), value, accountID)
	if err != nil {
		return fmt.Errorf("forget blobs: %w", err)
	}
	return nil
}
