package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// landed has the SHA-256 of each migration that a release or a shared database
// has run. One that lands adds its lines here; no line ever changes: a database
// that ran the old text would lack what an edit adds.
var landedMigrations = map[string]string{
	"both/00007_entries.sql":               "2740b1a5e2b2345a506a113cab6a42aba6f9b61a5413d72d208c5fcfadfd240c",
	"both/00008_activity.sql":              "5db0fe185ea0316643a8695fee0531c4000db2b913c05d463ec91101f78f728a",
	"both/00009_service_facts.sql":         "9e6428cc1f65e2e477c3b5242e0ebeac9d6e78d1669fa30b4c5eb4b280f60c09",
	"both/00010_lists.sql":                 "c42222e17a7dda5e522b3aa487a842dff264ea63b10d44ffb0bfaa13888cbd01",
	"both/00012_messages.sql":              "a8c23bac055a6fe37352baf3f54e000561b8a746f720657506e42f5906718348",
	"both/00013_visitor_conversations.sql": "f62594c8a45733da241d69238aca23e74da5aa71849d1df9ea71ad61e73c69a2",
	"both/00019_priority_order.sql":        "01e2de25eb6b09a4aefa58e8c513a129e8a0fe4ad12ae44a4c448612604e2def",
	"both/00022_deprecated_uses.sql":       "c3d46f703facdf1ddf5323b83105987bad664fb46ee8cb8ee4ea1efcbb2b2b56",
	"both/00023_search_words.sql":          "d829c2693a3f84f2bf32623585883c2a8f7ef7c13b04ecd9e60ea30d16da147e",
	"both/00026_external_ids.sql":          "a3a04cf6ab84171739ca4fc3b8abf122a1dde0de005c0417cc3a7a733b63ef25",
	"both/00027_purged_ids.sql":            "fe177a1c1fa8f131ef78fe70e1a9ed20ceb3a058c1ee4c8447b93cfc000906bc",
	"both/00028_contact_lists.sql":         "1b35ebde5853f5b6ab9a8d942c9400f3bf39a958044c4ac96fbb8c892ef45014",
	"both/00031_last_seen.sql":             "ab8cdfb91e0560c7abf3143f4693812eafbf6f8666b2478431e0cd84b2fd5eb9",
	"both/00033_image_senders.sql":         "cd1640d7d9c11c58675e9624d66ffbeb626bb264b2747336d8073635a3b2b86b",
	"both/00034_integration_picture.sql":   "68b9a426222198b644f4b78ea20f9bd0bbb01374dc98a4e1eb886bb73230727f",
	"both/00042_token_secrets.sql":         "8dc01ff250ca526bba2c1e05f2e9368be2164ea10e9e6849b9110c0c8a86414f",
	"both/00043_invitations.sql":           "d8187249c1fc6c9d1ffe00a66f6b99de432c1dc5a60511aeb364795f6718e3b9",
	"sqlite/00047_contact_inboxes.sql":     "e1e9c59e6349e4abde012ba39dac0f709ad5b201a231e73a5bd006b3eec98688",
	"postgres/00047_contact_inboxes.sql":   "d0645bb7f1317e9de6e94e314647431a6b678b890509e23187b831ac99670ce0",
	"both/00048_people_and_blocks.sql":     "7652a376ed48eca5c8bcddeb3642639246a1746ce0cd9e80caa2ade97267088c",
	"both/00054_task_items.sql":            "d59f5aaa11be6b7fe6cb7d942b2cbe34eda158251cbab806bafca34c2038a2bd",
	"both/00055_claimed.sql":               "ff6d2098db439e4d8c65c3180636b254f60c4d7bb2e42a57ce8ddca40ab35f4a",
	"both/00056_purged_chats.sql":          "8746df024c6f7ab870f53716fab6d678f7f32e429aaed97435b12a171dd86864",
	"both/00057_repeated_mail.sql":         "c09ee71107b5e27a10917cf3791fc14d9e9edce5139c98631e3c55e4e85e447c",
	"both/00044_visitor_sessions.sql":      "4de4613109f0aeb7765a0626f83dc90fdb8e80811e28e82d43c20f369300939f",
	"both/00045_task_failure.sql":          "9890c959eba383586812104be6d414e17bce24cf6d65bc4b10079dbcee24ba8e",
	"both/00046_upload_addresses.sql":      "f9f21fc8ff4d930f93a43432d2c0e4c7e7f5d9243ad2ef01e3e6dd4f005536e0",
	"both/00051_work_rules.sql":            "884190d441521b10e6ead0874b4078a16695a51a0c426564822fc04a0cd06ed0",
	"both/00024_tags.sql":                  "23fb3f16b51d840c337747adb65fca6fdb7ea213db63f01d8d7d9fad2e65e868",
	"postgres/00001_core.sql":              "bfd61c98ba66a87d8b7082a89060a81cbafe65a44ffa56ebfc5d862ee4645d10",
	"postgres/00002_live.sql":              "ca2f82004877deb4386a199d1e86fa616a8594c4eeaa7a5f677cfcc0c997b574",
	"postgres/00003_chat.sql":              "ec0daf6002f683ca7d5bb4256a56aa689ccb3e369192a2e652fee1bb8c3e8b82",
	"postgres/00004_continuity.sql":        "daee62d3b349358d8dd0598bfd4307d7e5000c84c6cde1bd2fe13fa742a19385",
	"postgres/00005_email.sql":             "89f554805a725a84d204b0ad8bfcaac997e39bd49196479a571aa4618bf288d4",
	"postgres/00006_reactions.sql":         "193c1596a3970a96937c871bab75deb7c8c3719b1685d9865e5d82ef7a362e9e",
	"postgres/00058_written_domains.sql":   "fe7d8b7c0917856c9b84a7f51b5eddd0adcc5b25a9f028f8430888ed437a2cb1",
	"sqlite/00001_core.sql":                "3bfcd858f99d4e00b4018eeb985b218adad29c1c0fb96f2f7e84778bca836e53",
	"sqlite/00002_live.sql":                "73a09dbec8c25ef0b2046b0afe124bf8a727769e66babe36f725dc6c752226c6",
	"sqlite/00003_chat.sql":                "09587712277ca0ab91aaa81953086fecb9f6c59edeb9bd3228e3202d3835fcb5",
	"sqlite/00004_continuity.sql":          "e5073424eb717e8ffd041bbec9df6821ebb2ada0b38c52d061875109be95fc52",
	"sqlite/00005_email.sql":               "9c7901300114c6e4a578d112e78d43601e278757569932b47dcd484a17fdd82d",
	"sqlite/00006_reactions.sql":           "d7f63db3313a927e2eadcc82f6c5119bcde163c4639424feafbbd07e29b43403",
	"sqlite/00058_written_domains.sql":     "77f4a50c09681a02743346c65cce16506c3b5616b17794861a9bdedf66fa0d51",
	"both/00060_database_marks.sql":        "1c7299e8e539971a1221749ee05b3f306718014fe726c9375b440074d227fdd5",
	"both/00061_archived_teams.sql":        "ec13fc381aa332692c4fc7e2da20b3082db2e51bbbee8b0c849901070c7b8826",
	"both/00062_filtered_digests.sql":      "516d57fc0df88253aad88e7ffa4c1f3769dcab36c0c34cc63237a73ff5d1de92",
	"both/00065_transcripts.sql":           "c32e17ef2d12bb99abc6b13a2031170f6b2d0e5f360666d4c83b1a7776bb8609",
	"both/00070_properties.sql":            "9eae5913d3e3a1882c006d8dc0f35b084069126cb0cdc1599241c0b6317b3e46",
	"both/00071_contact_fields.sql":        "9c9883f3393a5c77ccd46ddcc8c892d078beb46fb24d3a773a84a5eef47186bf",
	"both/00080_pipelines.sql":             "d7595ef26be4e6a202f584caf6fc6baf2cc99f11cda0d9cfb9e1674ea143a864",
	"both/00082_ticket_lists.sql":          "88d1f017497e6a49e34bc9bfb702e0f113650314deb7f60cc00eea96f9c40a56",
	"both/00090_drafts.sql":                "1ccd0643bf5741b49d39228968d8201e66e7064b5e1617e5bd5568a79f303aac",
	"both/00097_smart_lists.sql":           "3872a76b4ee69cdd2218c1b948a424c9f98e9c5c9f2abf6bf3ca55dc0b7cab7f",
	"both/00098_contact_merges.sql":        "a988a3915b907856f58be66008a74d57b1a50594411a03131715a4cbb66eb21b",
	"both/00091_companies.sql":             "720019a316c11d45798a3d41d497d24db4c6b17a6a1ae888323702fa3e1fff53",
	"both/00092_engagements.sql":           "141438f6d7619a6f006852a28bdbe1f89be6ff93e237e4d3a0fe9dfbf3fc2fc0",
	"both/00093_associations.sql":          "e0f5e1b4fe7fcb27d70fef5a7ac29f9344189b91fdeb6a5a36ee7ce9a231dfae",
	"both/00103_library.sql":               "c924e00cfe74fdd56681402c0662700ff4968671d754b5b88e758e5acfb9f36d",
	"both/00111_erasures.sql":              "831e7091c160cd0701105def0437099f78afe98f06e09917ebb95373f0d69c90",
	"both/00112_documents.sql":             "66900c143c3d1096b52eca6d1a5710654f34589edd6377ebb5ce8112f6b4775b",
	"both/00113_quick_replies.sql":         "7d61a986f4a17b962ed33c348cba140430f3646e62e9ce7f0eff8a0b8f844f22",
	"both/00120_ratings.sql":               "01f0522fd3aefd897f475b1cfa0c9aa2c249a91730efb23dffc73acaf4ed61ca",
	"both/00122_contact_filters.sql":       "33847b40ad7627791eb3c5154918db8cfb591110682e5dd3b4b0ff71965e15ca",
	"both/00127_targeted_properties.sql":   "708e422a6af2cd490f87e9fcf2ba9f9b5acdad344b1b8518cf0c4b6730c7c8d3",
	"both/00128_record_contacts.sql":       "6bf2d8bbd626464d8988fd3f5c0e1daf12d43ee9a521a63729720d1c4f015591",
	"both/00134_agent_runs.sql":            "c5f03f85a9d9c91c853add7b0316b3b465e33b0a0329ad8c815f41286b3a55e4",
	"both/00138_proposals.sql":             "14b20cc24dbf4d5b33e0888484a6df28358d766c90102dea02e5227831e68a4b",
	"both/00135_bot_flows.sql":             "5be671e07cf69e005651bc1f961a8a3f929d0b82d8c10400183d462aea4bba60",
	"both/00143_answered_fields.sql":       "4b4c5fcf743695fe55e58fda5745b44c0d5298388a33a36cd44a164500781a38",
	"both/00142_article_languages.sql":     "dd86307e766273382f5055eaebac004aae7cf58760e0fcb97c0066305415a318",
	"both/00150_sign_in.sql":               "9967fbb154713cb246bb8d7ec82412ed3829570d69da3cedf83acabbf99ec62f",
	"both/00155_notifications.sql":         "e5934f92df463840093a75e7707d87a4db0d3999525fc141965afe1d62454f6a",
	"both/00174_people.sql":                "10946020a24648a6b9023fa193712a5ee663f59bb497be3b78d4438ab8f2164d",
	"both/00175_client_documents.sql":      "fa089182c6b39fe38541d00786ccd0ae89e60a28fa37a3af3883df4fca7f5d24",
	"both/00180_escalations.sql":           "e7aeee8be9bf54ac55d58951d96fa289c27a3486ef4b26d1ef76baad8e6d50de",
	"both/00173_webhooks.sql":              "47a64a8615a8c7ecad7ee9c54db969efba72e1e8dc3a5614d09844bd57d45427",
	"both/00156_notification_mails.sql":    "82a74653c3e5653647d1c00c90fa9c01f546316e95215105ee07e8d035960576",
	"both/00157_notification_ages.sql":     "eb77cf2671772c325cbe1b7ccd4fe99738105d96be41e09a221e1cd55da5c13c",
	"both/00158_audit.sql":                 "798b9c091a00657b9b4fac672213889166e90f46ed27149f2f18cfd60f9526b9",
	"both/00159_seals.sql":                 "784feec053e29247422a443921f3957486e042e5e3657eefa898165a97422205",
	"both/00163_link_askers.sql":           "27bb636e6c10653cc7c7570136a1b89db22a57bba068b6ca9d9d65205b93ed1b",
	"both/00162_apps.sql":                  "cf018605bed7574ab323051a9aa081ba6e0997b2f897362faad7a767b008c89b",
	"both/00160_erasure_tokens.sql":        "c56d48502f2dd855abceb7ca54e5dfe6a578479b59ec25272bf82a676ada5f36",
	"both/00141_quote_logos.sql":           "930a263ab2e251ae1c5711ec63c62e51ed3c5377312c4b035f1d6710b0e69f31",
	"postgres/00133_bots.sql":              "0fb84205f84b2ad31d5139c062db0faeda931e08ec198b664fa4cc42f1012a49",
	"sqlite/00133_bots.sql":                "cb9c55eadbe5a67cd726dd236ff6c4d60d3b13a73e225abd08175e0b6c479926",
	"both/00121_articles.sql":              "d4fdf295fd2ef16c972a24306f3bb1923d97002c6adcbbecd2438486d581e46c",
	"both/00110_contact_transfers.sql":     "4c3836caf268b4d2d51dc040b05e009f7e9c4416e2c54fd7febc3dd3a186a2f5",
	"both/00123_quotes.sql":                "5d0fa8703350c3ca9d7f6c58ee8ed4704adf93c0af34e66bbf73f3acce9dc61d",
	"both/00185_custom_channels.sql":       "8d66f7b585a66996749e474f598f42eae3b4b60af274a2d99811a1ceaf0d3cee",
	"both/00186_channel_marks.sql":         "f7901c834a1a9f44fc6084e8532bba21713e29aa91ac67130f11ada0020568dc",
	"both/00190_slack.sql":                 "2ed7697556695d762d774a49c28ff59416cc8757ef18d3673c359270afb803b5",
	"both/00191_slack_installer.sql":       "d81383ce6a61b5ab98f85820bcd7d47fd032e28afe0be91e24cab1dacd8544b2",
	"both/00166_push.sql":                  "2e9af2e903fbb8b60f9db55301d6c9aacfc198cf82845a3b77a3e3e4a785281d",
}

const migrationsFolder = "ent/migrate/migrations/"

// checkMigrations reports landed migrations that were edited, renamed or
// removed, and new ones whose number is not above all that landed.
func checkMigrations(repo *repository) ([]finding, error) {
	return compareMigrations(repo, landedMigrations), nil
}

func compareMigrations(repo *repository, landed map[string]string) []finding {
	var found []finding
	last := ""
	for _, name := range slices.Sorted(maps.Keys(landed)) {
		last = max(last, migrationNumber(name))
		f, ok := repo.find(migrationsFolder + name)
		switch {
		case !ok:
			found = append(found, finding{migrationsFolder + name, 1, "this migration has landed and is gone: restore it"})
		case hashOf(f.text) != landed[name]:
			found = append(found, finding{f.path, 1, "this migration has landed and was edited: restore it, and write a new one"})
		}
	}
	for _, f := range repo.files {
		name, ok := strings.CutPrefix(f.path, migrationsFolder)
		if ok && path.Ext(name) == ".sql" && landed[name] == "" && migrationNumber(name) <= last {
			found = append(found, finding{f.path, 1, fmt.Sprintf("the number of this new migration is not above %s, the last that has landed", last)})
		}
	}
	return found
}

// migrationNumber is what a migration's name begins with: five digits.
func migrationNumber(name string) string {
	base := path.Base(name)
	return base[:min(5, len(base))]
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
