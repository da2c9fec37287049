package classify_test

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/parse"
	"parley/internal/vocab"
)

// mail returns a mail of Ada's with these headers, "Name: value" each. Those
// that parse.Mail has fields for are entered there too.
func mail(lines ...string) *parse.Mail {
	m := &parse.Mail{
		Header:     map[string][]string{},
		From:       parse.Address{Name: "Ada", Address: "ada@example.com"},
		Subject:    "A question",
		ReturnPath: pointer("ada@example.com"),
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		key := textproto.CanonicalMIMEHeaderKey(name)
		m.Header[key] = append(m.Header[key], value)
		switch key {
		case "From":
			m.From = parse.Address{Address: value}
		case "Reply-To":
			m.ReplyTo = append(m.ReplyTo, parse.Address{Address: value})
		case "Return-Path":
			m.ReturnPath = pointer(strings.Trim(value, "<>"))
		case "Subject":
			m.Subject = value
		case "In-Reply-To":
			m.InReplyTo = append(m.InReplyTo, strings.Trim(value, "<>"))
		}
	}
	return m
}

func pointer(s string) *string { return &s }

// facts are those of a channel support@parley.test that trusts mx.parley.test.
func facts(lines ...string) classify.Facts {
	return classify.Facts{
		Mail:             mail(lines...),
		OwnAddresses:     []string{"Support@parley.test", "sales@parley.test"},
		ChannelAddresses: []string{"support@parley.test"},
		TrustedAuthServ:  []string{"mx.parley.test"},
	}
}

// told is a verdict in short: "PROMOTIONAL/LIST_ID", then what holds of it.
func told(v classify.Verdict) []string {
	var all []string
	for _, r := range v.Reasons {
		all = append(all, string(r.Reason)+"/"+r.Code)
	}
	for name, holds := range map[string]bool{"automatic": v.Automatic, "answer": v.AutoReply, "bounce": v.Bounce, "quiet": v.NoAutoAnswer && !v.Automatic} {
		if holds {
			all = append(all, name)
		}
	}
	if v.Allowed != "" {
		all = append(all, "allowed="+v.Allowed)
	}
	slices.Sort(all)
	return all
}

// check compares what is told of a mail with words parted by spaces.
func check(t *testing.T, f classify.Facts, want string) {
	t.Helper()
	expected := strings.Fields(want)
	slices.Sort(expected)
	v := classify.Classify(f)
	if got := told(v); !slices.Equal(got, expected) {
		t.Errorf("got %v, want %v; %+v", got, expected, v.Reasons)
	}
	for _, r := range v.Reasons {
		if r.Detail == "" || len(r.Detail) > 300 || strings.ContainsAny(r.Detail, "\r\n\t") {
			t.Errorf("%s has the detail %q", r.Code, r.Detail)
		}
	}
}

// IN-11: promotional and bulk mail.
func TestBulk(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		headers string
		want    string
	}{
		"a person":             {"X-Mailer: Apple Mail", ""},
		"one-click":            {"List-Unsubscribe: <https://x.test/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click", "PROMOTIONAL/LIST_UNSUBSCRIBE PROMOTIONAL/LIST_UNSUBSCRIBE_POST quiet"},
		"empty header":         {"List-Unsubscribe:  ", ""},
		"bulk":                 {"Precedence: Bulk", "PROMOTIONAL/PRECEDENCE_BULK quiet"},
		"junk":                 {"Precedence: junk", "PROMOTIONAL/PRECEDENCE_JUNK quiet"},
		"other precedence":     {"Precedence: first-class", ""},
		"X-Precedence":         {"X-Precedence: list", "PROMOTIONAL/PRECEDENCE_LIST quiet"},
		"person on a list":     {"List-Id: Go <go.lists.test>\nList-Post: <mailto:go@lists.test>", "PROMOTIONAL/LIST_ID PROMOTIONAL/LIST_POST quiet"},
		"feedback id":          {"Feedback-ID: 123:campaign:shop:esp", "PROMOTIONAL/FEEDBACK_ID quiet"},
		"SES puts one on all":  {"Feedback-ID: 1.eu-west-1.abc=:AmazonSES", ""},
		"Mailchimp":            {"X-MC-User: 1\nX-Mailchimp-Campaign: 2", "PROMOTIONAL/CAMPAIGN quiet"},
		"campaign":             {"X-CampaignID: spring", "PROMOTIONAL/CAMPAIGN quiet"},
		"Marketo":              {"X-MarketoID: 1", "PROMOTIONAL/CAMPAIGN quiet"},
		"mailer":               {"X-Mailer: phpList version 3", "PROMOTIONAL/MAILER quiet"},
		"SendGrid carries all": {"X-SG-EID: abc", ""},
		"own group (EM-1)":     {"List-Id: <support.parley.test>\nPrecedence: list\nList-Post: <mailto:support@parley.test>", "quiet allowed=OWN_LIST"},
		"campaign to a group":  {"List-Id: <support.parley.test>\nX-Campaign: 1", "PROMOTIONAL/CAMPAIGN quiet allowed=OWN_LIST"},
		"BeenThere":            {"X-BeenThere: support@parley.test\nList-Unsubscribe: <mailto:x@parley.test>", "quiet allowed=OWN_LIST"},
		"another's group":      {"List-Id: <support.example.com>", "PROMOTIONAL/LIST_ID quiet"},
		"several, all told":    {"Precedence: bulk\nFeedback-ID: a:b:c:d\nX-Campaign: 1", "PROMOTIONAL/PRECEDENCE_BULK PROMOTIONAL/FEEDBACK_ID PROMOTIONAL/CAMPAIGN quiet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, facts(strings.Split(tc.headers, "\n")...), tc.want)
		})
	}
}

// IN-7, pitfall 6: what machines write.
func TestAutomatic(t *testing.T) {
	t.Parallel()
	const reply = "In-Reply-To: <our@parley.test>\n"
	for name, tc := range map[string]struct {
		headers string
		want    string
	}{
		"auto-replied":             {"Auto-Submitted: auto-replied (vacation); owner-email=\"x@y\"", "AUTO_REPLY/AUTO_SUBMITTED automatic answer"},
		"auto-generated":           {"Auto-Submitted: Auto-Generated", "AUTO_REPLY/AUTO_SUBMITTED automatic"},
		"auto-notified":            {"Auto-Submitted: auto-notified; owner-email=x", "AUTO_REPLY/AUTO_SUBMITTED automatic"},
		"no":                       {"Auto-Submitted: No", ""},
		"no, with a comment":       {"Auto-Submitted: (a person) no", ""},
		"no, and then yes":         {"Auto-Submitted: no\nAuto-Submitted: auto-replied", "AUTO_REPLY/AUTO_SUBMITTED automatic answer"},
		"X-Autoreply":              {"X-Autoreply: yes", "AUTO_REPLY/AUTO_REPLY_HEADER automatic answer"},
		"X-Autoreply: no":          {"X-Autoreply: no", ""},
		"X-Autorespond":            {"X-Autorespond: A question", "AUTO_REPLY/AUTO_REPLY_HEADER automatic answer"},
		"precedence":               {"Precedence: auto_reply", "AUTO_REPLY/AUTO_REPLY_HEADER automatic answer"},
		"qmail":                    {"Delivered-To: Autoresponder", "AUTO_REPLY/AUTO_REPLY_HEADER automatic answer"},
		"cron":                     {"X-Cron-Env: <SHELL=/bin/sh>", "AUTO_REPLY/MACHINE_HEADER automatic"},
		"null return path":         {"Return-Path: <>", "AUTO_REPLY/NULL_RETURN_PATH automatic"},
		"Exchange, a person":       {"X-Auto-Response-Suppress: All", "quiet"},
		"Exchange, DR only":        {"X-Auto-Response-Suppress: DR, RN, NRN", ""},
		"Exchange, absent":         {"X-Auto-Response-Suppress: DR, OOF\nSubject: Automatic reply: A question", "AUTO_REPLY/ABSENCE_SUBJECT automatic answer"},
		"absent, German":           {reply + "Subject: Abwesenheitsnotiz: Frage", "AUTO_REPLY/ABSENCE_SUBJECT automatic answer"},
		"absent, French":           {reply + "Subject: Réponse automatique : Question", "AUTO_REPLY/ABSENCE_SUBJECT automatic answer"},
		"absent, Chinese":          {reply + "Subject: 自动回复: 问题", "AUTO_REPLY/ABSENCE_SUBJECT automatic answer"},
		"absent, Russian":          {reply + "Subject: АВТОМАТИЧЕСКИЙ ОТВЕТ", "AUTO_REPLY/ABSENCE_SUBJECT automatic answer"},
		"absent, bracket":          {reply + "Subject: [Auto-Reply] A question", "AUTO_REPLY/ABSENCE_SUBJECT automatic answer"},
		"asks about absences":      {"Subject: Out of office replies do not work", ""},
		"answers about absences":   {reply + "Subject: Re: Out of office replies do not work", ""},
		"complains about absences": {reply + "Subject: How to set out of office", ""},
		"Exim's bounce":            {"X-Failed-Recipients: x@y.test\nReturn-Path: <>", "AUTO_REPLY/BOUNCE AUTO_REPLY/NULL_RETURN_PATH automatic bounce"},
		"daemon":                   {"From: MAILER-DAEMON@example.com\nReturn-Path: <>", "ROLE_ADDRESS/ROLE_ADDRESS AUTO_REPLY/BOUNCE AUTO_REPLY/NULL_RETURN_PATH automatic bounce"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, facts(strings.Split(tc.headers, "\n")...), tc.want)
		})
	}
}

// EM-4: reports and answers to invitations.
func TestReports(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		report *parse.Report
		want   string
	}{
		"failed":    {&parse.Report{Kind: "delivery-status", Action: "failed", Status: "5.1.1"}, "AUTO_REPLY/BOUNCE automatic bounce"},
		"delayed":   {&parse.Report{Kind: "delivery-status", Action: "delayed"}, "AUTO_REPLY/BOUNCE automatic bounce"},
		"unclear":   {&parse.Report{Kind: "delivery-status"}, "AUTO_REPLY/BOUNCE automatic bounce"},
		"delivered": {&parse.Report{Kind: "delivery-status", Action: "delivered"}, "AUTO_REPLY/DELIVERY_REPORT automatic"},
		"relayed":   {&parse.Report{Kind: "delivery-status", Action: "relayed"}, "AUTO_REPLY/DELIVERY_REPORT automatic"},
		"read":      {&parse.Report{Kind: "disposition-notification", Action: "displayed"}, "AUTO_REPLY/READ_RECEIPT automatic"},
		"abuse":     {&parse.Report{Kind: "feedback-report", Action: "abuse"}, "AUTO_REPLY/FEEDBACK_REPORT automatic"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := facts()
			f.Mail.Report = tc.report
			check(t, f, tc.want)
		})
	}
	for method, want := range map[string]string{"REPLY": "AUTO_REPLY/CALENDAR_REPLY automatic answer", "REQUEST": "", "COUNTER": ""} {
		f := facts()
		f.Mail.Parts = []parse.Part{
			{FileName: "notes.txt", ContentType: "text/plain", Content: []byte("\nMETHOD:REPLY")},
			{FileName: "invite.ics", ContentType: "text/calendar", Content: []byte("BEGIN:VCALENDAR\r\nmethod:" + method + "\r\n")},
		}
		check(t, f, want)
	}
}

// Pitfall 6: loops.
func TestLoops(t *testing.T) {
	t.Parallel()
	hops := func(n int) []string { return slices.Repeat([]string{"Received: from a by b"}, n) }
	check(t, facts(hops(25)...), "")
	check(t, facts(hops(26)...), "AUTO_REPLY/HOP_COUNT automatic")
	check(t, facts(vocab.LoopHeader+": 1"), "AUTO_REPLY/LOOP automatic")
	check(t, facts("From: SUPPORT@Parley.Test", "X-Mailer: x"), "ROLE_ADDRESS/ROLE_ADDRESS AUTO_REPLY/OWN_ADDRESS automatic")
	sent := facts("From: support@parley.test")
	sent.SentByUs = true
	check(t, sent, "ROLE_ADDRESS/ROLE_ADDRESS AUTO_REPLY/SENT_BY_US automatic")
}

// Mail from an own address that names someone else is that one's: web forms
// and groups write so.
func TestSender(t *testing.T) {
	t.Parallel()
	own := []string{"support@parley.test", "sales@parley.test"}
	for name, tc := range map[string]struct{ headers, want string }{
		"a person":              {"From: ada@example.com", "ada@example.com"},
		"a person's Reply-To":   {"From: ada@example.com\nReply-To: eve@example.net", "ada@example.com"},
		"web form":              {"From: support@parley.test\nReply-To: bob@example.org", "bob@example.org"},
		"web form, capitals":    {"From: Support@Parley.test\nReply-To: bob@example.org", "bob@example.org"},
		"Reply-To is ours too":  {"From: support@parley.test\nReply-To: sales@parley.test", "support@parley.test"},
		"ours, then theirs":     {"From: support@parley.test\nReply-To: sales@parley.test\nReply-To: bob@example.org", "bob@example.org"},
		"no address":            {"From: support@parley.test\nReply-To: bob", "support@parley.test"},
		"group":                 {"From: support@parley.test\nX-Original-From: Bob <bob@example.org>", "bob@example.org"},
		"group, sender":         {"From: support@parley.test\nReply-To: support@parley.test\nX-Original-Sender: bob@example.org", "bob@example.org"},
		"a person's X-Original": {"From: ada@example.com\nX-Original-From: Bob <bob@example.org>", "ada@example.com"},
		"damaged X-Original":    {"From: support@parley.test\nX-Original-From: <<bob", "support@parley.test"},
		"encoded X-Original":    {"From: support@parley.test\nX-Original-From: =?utf-8?Q?Stone,_Bob?= <bob@example.org>", "bob@example.org"},
		"a list, X-MailFrom":    {"From: Uma via Users <users@list.example>\nList-Post: <mailto:users@list.example>\nX-MailFrom: uma@example.org", "uma@example.org"},
		"a list, Reply-To":      {"From: \"'Uma' via Users\" <users@list.example>\nList-Id: <users.list.example>\nReply-To: Users <users@list.example>, Uma <uma@example.org>", "uma@example.org"},
		"a list, X-Original":    {"From: Uma via Users <users@list.example>\nX-BeenThere: users@list.example\nX-Original-From: Uma <uma@example.org>\nReply-To: bob@example.org", "uma@example.org"},
		"a list, the name only": {"From: Uma via Users <users@list.example>\nList-Id: <users.list.example>\nReply-To: users@list.example", ""},
		"a person via someone":  {"From: Uma via Pine <uma@example.org>\nReply-To: bob@example.org", "uma@example.org"},
		"another list's mail":   {"From: Uma via Pine <uma@example.org>\nList-Id: <users.list.example>\nReply-To: bob@example.org", "uma@example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := classify.Sender(parse.Parse([]byte(tc.headers+"\n\n")), own).Address; !strings.EqualFold(got, tc.want) {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	named := parse.Parse([]byte("From: \"'Uma Ortiz' via Users\" <users@list.example>\nList-Id: <users.list.example>\n\n"))
	if got := classify.Sender(named, own); got.Name != "Uma Ortiz" {
		t.Errorf("got %v", got)
	}
	check(t, facts("From: support@parley.test", "Reply-To: bob@example.org"), "")
	check(t, facts("From: support@parley.test", "Reply-To: noreply@example.org"), "ROLE_ADDRESS/ROLE_ADDRESS quiet")
}

// IN-10, IN-11: what overrides what.
func TestPrecedenceOfRules(t *testing.T) {
	t.Parallel()
	blocked := facts()
	blocked.Blocked = true
	check(t, blocked, "BLOCKED_SENDER/BLOCKED")
	blocked.AllowList = []string{"example.com"}
	check(t, blocked, "BLOCKED_SENDER/BLOCKED")

	allowed := facts("From: newsletter@example.com", "List-Id: <x.example.com>", "Precedence: bulk")
	allowed.AllowList = []string{"example.org", "example.com"}
	check(t, allowed, "quiet allowed=example.com")

	vacation := facts("Auto-Submitted: auto-replied")
	vacation.AllowList = []string{"ada@example.com"}
	check(t, vacation, "automatic answer allowed=ada@example.com")

	nothing := facts()
	nothing.AllowList = []string{"ada@example.com"}
	check(t, nothing, "")

	form := facts("From: support@parley.test", "Reply-To: bob@example.org", "Precedence: bulk")
	form.AllowList = []string{"support@parley.test"}
	check(t, form, "quiet allowed=support@parley.test")
}

// IN-11: the forms of entries of the allow list.
func TestAllowList(t *testing.T) {
	t.Parallel()
	spaced := facts("Precedence: bulk")
	spaced.AllowList = []string{" example.com "}
	check(t, spaced, "quiet allowed=example.com")
	for entry, want := range map[string]map[string]bool{
		"ada@example.com":   {"ada@example.com": true, "ADA@Example.com": true, "ad@example.com": false, "ada@mail.example.com": false},
		"Ada@Example.COM":   {"ada@example.com": true},
		"example.com":       {"ada@example.com": true, "ada@mail.example.com": false, "ada@notexample.com": false, "example.com@evil.test": false},
		"@example.com":      {"ada@example.com": true, "ada@example.com.evil.test": false},
		"*@example.com":     {"ada@example.com": true, "ada@mail.example.com": false},
		"*.example.com":     {"ada@mail.example.com": true, "ada@a.b.example.com": true, "ada@example.com": false, "ada@evilexample.com": false},
		"bücher.example":    {"ada@xn--bcher-kva.example": true, "ada@BÜCHER.example": true},
		"*.bücher.example":  {"ada@mail.xn--bcher-kva.example": true},
		"":                  {"ada@example.com": false, "": false, "ada": false},
		"*":                 {"ada@example.com": false},
		"*.":                {"ada@example.com": false},
		"@":                 {"ada@example.com": false, "ada@": false},
		"com":               {"ada@example.com": false},
		"ada@*.example.com": {"ada@mail.example.com": false},
	} {
		for sender, allowed := range want {
			f := facts("From: "+sender, "Precedence: bulk")
			f.AllowList = []string{entry}
			if v := classify.Classify(f); (len(v.Reasons) == 0) != allowed {
				t.Errorf("%q and %q: allowed %q, reasons %v", entry, sender, v.Allowed, v.Reasons)
			}
		}
	}
}

// A detail names the header and its value, in one short line.
func TestDetail(t *testing.T) {
	t.Parallel()
	v := classify.Classify(facts("List-Id: "+strings.Repeat("ü", 500)+"\r\n x", "Precedence: bulk"))
	want := []classify.Reason{
		{Reason: vocab.ReasonPromotional, Code: "LIST_ID", Detail: "List-Id: " + strings.Repeat("ü", 100) + "…"},
		{Reason: vocab.ReasonPromotional, Code: "PRECEDENCE_BULK", Detail: "Precedence: bulk"},
	}
	if diff := cmp.Diff(want, v.Reasons); diff != "" {
		t.Error(diff)
	}
}

// A mail without anything is judged too.
func TestNothing(t *testing.T) {
	t.Parallel()
	check(t, classify.Facts{}, "")
	check(t, classify.Facts{Mail: &parse.Mail{}, OwnAddresses: []string{"", " "}}, "")
	if got := fmt.Sprint(classify.Classify(classify.Facts{}).Authentication); got != "map[]" {
		t.Error(got)
	}
}
