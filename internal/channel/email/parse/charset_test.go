package parse_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"parley/internal/channel/email/parse"
)

const (
	russian      = "Здравствуйте! Подскажите, пожалуйста, когда придёт мой заказ?"
	japaneseText = "お世話になっております。注文の件でご連絡いたしました。"
	chinese      = "您好，请问我的订单什么时候发货？谢谢。"
)

// Pitfall 9: every charset, in bodies and in subjects, however it is labelled.
func TestCharsets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		label string
		as    encoding.Encoding
		text  string
	}{
		{"utf-8", encoding.Nop, "Grüße 👋"},
		{"UTF8", encoding.Nop, "Grüße"},
		{"iso-8859-1", charmap.ISO8859_1, "Café"},
		{"iso-8859-1", charmap.Windows1252, "it’s “quoted” – €"}, // as browsers do
		{"us-ascii", charmap.Windows1252, "Café"},
		{"ascii", encoding.Nop, "Café"},
		{"iso-8859-15", charmap.ISO8859_15, "5 €"},
		{"iso-8859-2", charmap.ISO8859_2, "Zażółć gęślą jaźń"},
		{"windows-1250", charmap.Windows1250, "Příliš žluťoučký"},
		{"cp1251", charmap.Windows1251, russian},
		{"windows-1253", charmap.Windows1253, "Καλημέρα"},
		{"windows-1254", charmap.Windows1254, "İyi günler"},
		{"windows-1255", charmap.Windows1255, "שלום"},
		{"windows-1256", charmap.Windows1256, "مرحبا"},
		{"iso-8859-8-i", charmap.ISO8859_8, "שלום"},
		{"koi8-r", charmap.KOI8R, russian},
		{"koi8-u", charmap.KOI8U, "Привіт, їжак"},
		{"gb2312", simplifiedchinese.GB18030, "镕𠀀" + chinese}, // characters that GB2312 lacks
		{"GBK", simplifiedchinese.GBK, chinese},
		{"gb18030", simplifiedchinese.GB18030, chinese},
		{"hz-gb-2312", simplifiedchinese.HZGB2312, chinese},
		{"big5", traditionalchinese.Big5, "您好，請問訂單"},
		{"shift_jis", japanese.ShiftJIS, japaneseText},
		{"cp932", japanese.ShiftJIS, japaneseText},
		{"euc-jp", japanese.EUCJP, japaneseText},
		{"iso-2022-jp", japanese.ISO2022JP, japaneseText},
		{"iso-2022-jp", japanese.ISO2022JP, "plain ASCII"},
		{"us-ascii", japanese.ISO2022JP, japaneseText}, // mislabelled
		{"euc-kr", korean.EUCKR, "안녕하세요"},
		{"ks_c_5601-1987", korean.EUCKR, "안녕하세요"},
		{"utf-16", unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "héllo"},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "hello"},
		{"utf-16", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "hello"},
		{"iso-8859-1", encoding.Nop, "Grüße, è UTF-8"}, // the label lies
		{"windows-1251", encoding.Nop, russian},
		{"gb2312", encoding.Nop, "Grüße und viel Spaß é"},
		{"utf-8", charmap.Windows1252, "Café crème"},
		{"utf-8", charmap.Windows1251, russian},
		{"x-foo", encoding.Nop, "Grüße"},
		{"x-foo", charmap.Windows1252, "Café"},
		{"unknown-8bit", charmap.KOI8R, strings.Repeat(russian+" ", 3) + "."},
		{"charset=windows-1251", charmap.Windows1251, russian},
		{"", encoding.Nop, "Grüße"},
	} {
		raw, err := c.as.NewEncoder().String(c.text)
		if err != nil {
			t.Fatalf("%s: %v", c.label, err)
		}
		m := parse.Parse(mail(`Content-Type: text/plain; charset="`+c.label+`"`, "Content-Transfer-Encoding: base64",
			"Subject: =?"+strings.TrimPrefix(c.label, "charset=")+"?B?"+base64.StdEncoding.EncodeToString([]byte(raw))+"?=", "",
			base64.StdEncoding.EncodeToString([]byte(raw))))
		if m.Text != c.text {
			t.Errorf("%s: text %q, want %q", c.label, m.Text, c.text)
		}
		if m.Subject != c.text {
			t.Errorf("%s: subject %q, want %q", c.label, m.Subject, c.text)
		}
	}
}

func TestOddTexts(t *testing.T) { // pitfall 9
	t.Parallel()
	for name, c := range map[string]struct {
		fields string
		body   string
		want   string
	}{
		"utf-7":                    {"text/plain; charset=utf-7", "Hi Mom -+Jjo--! +- +ZeVnLIqe-", "Hi Mom -☺-! + 日本語"},
		"iso-2022-kr":              {"text/plain; charset=iso-2022-kr", "\x1b$)C\x0e>H3g\x0f hi", "안녕 hi"},
		"a rune cut by =":          {"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable", "Gr=C3=\r\n=BC=C3=9Fe", "Grüße"},
		"cut at the end":           {"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable", "Gr=C3=BC=C3=9F=C3", "Grüß\uFFFD"},
		"no escape":                {"text/plain\r\nContent-Transfer-Encoding: quoted-printable", "1=2 a=zz 50%=", "1=2 a=zz 50%"},
		"lower-case escape":        {"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: Quoted-Printable ", "=c3=a9=20\r\nx  \r\ny", "é \nx\ny"},
		"base64 without padding":   {"text/plain\r\nContent-Transfer-Encoding: base64", "SGVsbG8", "Hello"},
		"base64 with spaces":       {"text/plain\r\nContent-Transfer-Encoding: BASE64 (x)", "SGV sbG\r\n 8=", "Hello"},
		"base64 and a footer":      {"text/plain\r\nContent-Transfer-Encoding: base64", "SGVsbG8=\r\n-- \r\nList footer", "Hello"},
		"base64 in two pieces":     {"text/plain\r\nContent-Transfer-Encoding: base64", "SGVsbG8=\r\nSGVsbG8=", "HelloHello"},
		"unknown transfer":         {"text/plain\r\nContent-Transfer-Encoding: x-foo", "as is", "as is"},
		"decomposed":               {"text/plain; charset=utf-8", "e\u0301", "é"},
		"a dash of Windows":        {"text/plain; charset=iso-8859-2", "\xb1 \x96 x", "ą – x"},
		"BOM":                      {"text/plain", "\xef\xbb\xbfhé", "hé"},
		"charset of the HTML page": {"text/html", "<meta charset=windows-1251><p>\xcf\xf0\xe8\xe2\xe5\xf2</p>", "Привет"},
		"meta in old style":        {"text/html", "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=koi8-r\">\xf0\xd2", "Пр"},
	} {
		m := parse.Parse(mail("Content-Type: "+c.fields, "", c.body))
		if m.Text != c.want {
			t.Errorf("%s: %q, want %q", name, m.Text, c.want)
		}
	}

	// What is in order is no problem.
	for _, charset := range []string{"utf-8", "us-ascii", "iso-8859-1", "iso-2022-jp", "UTF8"} {
		if m := parse.Parse(mail("Content-Type: text/plain; charset="+charset, "", "x")); len(m.Problems) > 0 {
			t.Errorf("%s: %q", charset, m.Problems)
		}
	}
}
