package classify_test

import (
	"strings"
	"testing"

	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/parse"
)

// The rules hold for mail as it comes, not only for mail as it is imagined.
func TestRawMail(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ raw, want string }{
		"a person": {`Return-Path: <ada@example.com>
Authentication-Results: mx.parley.test;
	dkim=pass (2048-bit key; unprotected) header.d=example.com;
	spf=pass smtp.mailfrom=example.com; dmarc=pass header.from=example.com
From: Ada <ada@example.com>
To: support@parley.test
Subject: =?utf-8?q?Frage_zur_Gr=C3=B6=C3=9Fe?=
X-MS-Exchange-Transport-CrossTenantHeadersStamped: AM0
X-Auto-Response-Suppress: DR, RN, NRN

Hello
`, ""},
		"newsletter": {`Return-Path: <bounce-7@mail.shop.test>
From: "Shop" <news@shop.test>
List-Unsubscribe: <https://shop.test/u?1>,
 <mailto:u@shop.test>
LIST-ID: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <news.shop.test>
precedence: Bulk
x-mc-user: 123

Buy!
`, "ROLE_ADDRESS/ROLE_ADDRESS PROMOTIONAL/LIST_UNSUBSCRIBE PROMOTIONAL/LIST_ID PROMOTIONAL/PRECEDENCE_BULK PROMOTIONAL/CAMPAIGN quiet"},
		"Exchange's absence notice": {`From: Bob <bob@example.com>
To: support@parley.test
Subject: =?utf-8?B?QWJ3ZXNlbmhlaXRzbm90aXo6IEluZm8=?=
In-Reply-To: <message_1.x@parley.test>
auto-submitted: auto-generated
X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent
X-Auto-Response-Suppress: All
Return-Path: <>

I am away.
`, "AUTO_REPLY/AUTO_SUBMITTED AUTO_REPLY/NULL_RETURN_PATH AUTO_REPLY/ABSENCE_SUBJECT automatic answer"},
		"Postfix's bounce": {`Return-Path: <>
From: MAILER-DAEMON@mx.test (Mail Delivery System)
To: support@parley.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

No such user.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; nobody@example.com
Action: failed
Status: 5.1.1

--b--
`, "ROLE_ADDRESS/ROLE_ADDRESS AUTO_REPLY/BOUNCE AUTO_REPLY/AUTO_SUBMITTED AUTO_REPLY/NULL_RETURN_PATH automatic bounce"},
		"accepted invitation": {`From: Ada <ada@example.com>
Subject: Accepted: Call
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

Ada has accepted.
--b
Content-Type: text/calendar; charset="UTF-8"; method=REPLY

BEGIN:VCALENDAR
METHOD:REPLY
END:VCALENDAR
--b--
`, "AUTO_REPLY/CALENDAR_REPLY automatic answer"},
		"Google group of our own": {`From: "'Bob' via Support" <support@parley.test>
Reply-To: Bob <bob@example.org>
X-Original-Sender: bob@example.org
Precedence: list
Mailing-list: list support@parley.test; contact support+owners@parley.test
List-ID: <support.parley.test>
List-Post: <https://groups.google.com/a/parley.test/group/support/post>, <mailto:support@parley.test>
List-Unsubscribe: <mailto:googlegroups-manage+1+unsubscribe@googlegroups.com>

Help!
`, "quiet allowed=OWN_LIST"},
		"forged results": {`Authentication-Results: mx.parley.test; spf=fail smtp.mailfrom=bank.test
Received: from evil by mx.parley.test
Authentication-Results: evil.test; spf=pass
Authentication-Results: mx.parley.test; dkim=pass; dmarc=pass
From: security@bank.test

Click!
`, "SPAM/SPF_FAIL ROLE_ADDRESS/ROLE_ADDRESS"},
		"no mail at all": {"\x00\x01\x02", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := facts()
			f.Mail = parse.Parse([]byte(strings.ReplaceAll(tc.raw, "\n", "\r\n")))
			check(t, f, tc.want)
		})
	}
}

// Whatever is in a mail, it is judged, and details can be shown and stored.
func FuzzClassify(f *testing.F) {
	f.Add("From: a@b\r\nAuthentication-Results: mx.parley.test; (((\r\nList-Id: \xff\x00\r\n\r\n")
	f.Add("From: \"<@>\r\nX-Spam-Status: Yes\r\nX-Rspamd-Server: mx.parley.test\r\nReturn-Path: <>\r\n\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		facts := facts()
		facts.Mail = parse.Parse([]byte(raw))
		for _, r := range classify.Classify(facts).Reasons {
			if r.Code == "" || r.Detail == "" || len(r.Detail) > 300 || strings.ToValidUTF8(r.Detail, "") != r.Detail || strings.ContainsAny(r.Detail, "\x00\r\n") {
				t.Fatalf("%q", r)
			}
		}
	})
}
