package quote

import "strings"

// wrote is what clients write for "wrote" in an attribution, in lower case.
var wrote = []string{
	"wrote", "writes", // English
	"schrieb", "schreibt", "geschrieben", "skriev", // German, Low German
	"a écrit", "écrit", "a ecrit", // French
	"escribió", "escribio", "ha escrito", "escribiu", // Spanish, Galician
	"ha escrit", "va escriure", // Catalan
	"ha scritto", "scritto", "scrive", // Italian
	"escreveu",                                 // Portuguese
	"schreef", "geschreven", "skreau", "skryf", // Dutch, Frisian, Afrikaans
	"skrev", "skreiv", "skrifaði", // Danish, Norwegian, Swedish, Icelandic
	"kirjoitti", "kirjutas", // Finnish, Estonian
	"rašė", "parašė", "rakstīja", // Lithuanian, Latvian
	"napisał", "napisała", "napisał(a)", "napisał/a", "napisali", "pisze", "nadesłał", // Polish
	"napsal", "napsala", "napsal(a)", // Czech
	"napísal", "napísala", "napísal(a)", "napísal/a", // Slovak
	"napisal", "napisala", "napisal(a)", "je napisal/-a", // Slovenian
	"napisao", "napisao/la", "napisala je", "je napisao/la", "написао", "написао/ла", "напиша", // Croatian, Serbian, Macedonian
	"írta", "ezt írta", // Hungarian
	"a scris", "scris", // Romanian
	"написал", "написала", "написал(а)", "написал/а", "пишет", "писал", "писала", // Russian
	"написав", "написала", "написав(-ла)", "написав(ла)", "пише", // Ukrainian
	"написа", "напісаў", // Bulgarian, Belarusian
	"έγραψε", "έγραψες", // Greek
	"yazdı", "şunu yazdı", "yazmış", // Turkish
	"yazıb", "shkroi", "idatzi zuen", "ysgrifennodd", "scríobh", // Azerbaijani, Albanian, Basque, Welsh, Irish
	"כתב", "כתבה", "כתב/ה", "כתב(ה)", "מאת", // Hebrew
	"كتب", "كتبت", "كتب/ت", "تمت كتابة ما يلي بواسطة", "نوشت", "نوشته است", // Arabic, Persian
	"ने लिखा", "लिखा", // Hindi
	"เขียนว่า", "เขียน", // Thai
	"đã viết", "viết", // Vietnamese
	"menulis", "telah menulis", "sumulat", "isinulat ni", // Indonesian, Malay, Filipino
	"写道", "寫道", "写于", "寫於", "撰寫", "來信", // Chinese
	"書きました", "のメッセージ", "書き込みました", // Japanese
	"작성", "쓴 글", "쓰셨습니다", "썼습니다", // Korean
}

// openers begin an attribution, before the date.
var openers = set(`on in am le el il op em às o a den dne dňa dana u ve la pe i në më w dnia na на у в во
	στις στις: vào pada tarihinde kuupäeval þann ar hôm ils ngày lúc em: 在 于 於 ב בתאריך ביום في بتاريخ على يوم در ในวันที่ เมื่อ`)

// particles are parts of names that are written small.
var particles = set("de da do dos das di del della der den von van zu zum ter ten la le el al bin ibn y e i")

// set makes a set of the words of s.
func set(s string) map[string]bool {
	all := map[string]bool{}
	for _, word := range strings.Fields(s) {
		all[word] = true
	}
	return all
}

// phrases makes a set of the phrases of s, one a line or between semicolons.
func phrases(s string) map[string]bool {
	all := map[string]bool{}
	for _, phrase := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == ';' }) {
		all[strings.ToLower(strings.TrimSpace(phrase))] = true
	}
	return all
}

// originalHeadings stand between dashes above a message that is answered.
var originalHeadings = phrases(`
	original message; original-message; original appointment; original email; reply message; replied message
	ursprüngliche nachricht; original-nachricht; originalnachricht; ursprüngliche mitteilung; original nachricht
	message d'origine; message d’origine; message original; message initial
	mensaje original; missatge original; mensaxe orixinal; jatorrizko mezua
	messaggio originale; messaggio original; messadi original
	mensagem original; oorspronkelijk bericht; origineel bericht; oorspronklike boodskap
	oprindelig meddelelse; oprindelig besked; original meddelelse; opprinnelig melding; opphavleg melding
	ursprungligt meddelande; originalmeddelande; upprunalegur póstur; upphafleg skilaboð
	alkuperäinen viesti; alkuperäinen viesti / orig.msg.; algne kiri; algne sõnum; originalus laiškas; sākotnējais ziņojums
	treść oryginalnej wiadomości; oryginalna wiadomość; wiadomość oryginalna
	původní zpráva; původní e-mail; pôvodná správa; izvirno sporočilo; izvorna poruka; originalna poruka; оригинална порука
	eredeti üzenet; mesajul original; mesaj original; mesajul inițial
	исходное сообщение; оригинальное сообщение; первоначальное сообщение
	початкове повідомлення; оригінальне повідомлення; зыходны ліст; оригинално писмо; оригинално съобщение; оригинална порака
	αρχικό μήνυμα; özgün ileti; orijinal mesaj; orijinal ileti; mesazhi origjinal
	הודעה מקורית; الرسالة الأصلية; الرسالة الأصليَّة; پیام اصلی; मूल संदेश
	ข้อความต้นฉบับ; thư gốc; tin nhắn gốc; pesan asli; mesej asal
	原始邮件; 原始郵件; 原始消息; 原邮件; 原始信件; 回复的原邮件; 元のメッセージ; オリジナルメッセージ; 원본 메시지; 원본 메일; 원래 메시지
`)

// forwardHeadings stand between dashes above a message that is forwarded.
var forwardHeadings = phrases(`
	forwarded message; forwarded email; forward message; fwd message; forwarded
	weitergeleitete nachricht; weitergeleitete e-mail; message transféré; message transmis; message réexpédié; courriel transféré
	mensaje reenviado; missatge reenviat; mensaxe reenviada; messaggio inoltrato; mensagem encaminhada; mensagem reencaminhada
	doorgestuurd bericht; videresendt meddelelse; videresendt besked; videresendt melding; vidarebefordrat meddelande; vidarebefordrat mejl
	edelleenlähetetty viesti; välitetty viesti; välitetty viesti / fwd.msg; edastatud kiri; edastatud sõnum
	przekazana wiadomość; treść przekazanej wiadomości; wiadomość przesłana dalej; wiadomość przekazana dalej
	přeposlaná zpráva; preposlaná správa; preposlaná správa --- forwarded message; proslijeđena poruka; posredovano sporočilo; прослеђена порука
	továbbított üzenet; továbbított levél; mesaj redirecționat; mesaj redirecţionat; mesaj transmis
	пересылаемое сообщение; перенаправленное сообщение; пересланное сообщение; пересланное письмо
	перенаправлене повідомлення; переслане повідомлення; препратено съобщение; препратено писмо
	προωθημένο μήνυμα; iletilmiş mesaj; iletilen ileti; iletilen mesaj; yönlendirilmiş ileti
	הודעה שהועברה; رسالة معاد توجيهها; رسالة ممرّرة; رسالة محولة; پیام فوروارد شده; پیام ارسالی; अग्रेषित संदेश
	ข้อความที่ส่งต่อ; thư đã chuyển tiếp; thư chuyển tiếp; tin nhắn được chuyển tiếp; pesan terusan; pesan yang diteruskan; mesej dimajukan
	转发的邮件; 转发邮件; 轉寄郵件; 轉寄的郵件; 轉寄訊息; 转发信件; 已转发邮件; 転送メッセージ; メッセージを転送; 転送されたメッセージ; 전달된 메시지; 전달된 메일
`)

// forwardLeads end with a colon above a message that is forwarded.
var forwardLeads = phrases(`
	begin forwarded message; start of forwarded message; anfang der weitergeleiteten nachricht; beginn der weitergeleiteten nachricht
	début du message réexpédié; début du message transféré; inicio del mensaje reenviado; inici del missatge reenviat; inizio messaggio inoltrato; inizio del messaggio inoltrato
	início da mensagem reencaminhada; início da mensagem encaminhada; begin doorgestuurd bericht
	start på videresendt besked; videresendt melding; vidarebefordrat mejl; vidarebefordrat brev; välitetty viesti alkaa
	początek przekazywanej wiadomości; začátek přeposílané zprávy; začiatok preposlanej správy; započni proslijeđenu poruku
	továbbított levél kezdete; începe mesajul redirecționat; начало переадресованного сообщения; початок листа, що пересилається
	έναρξη προωθημένου μηνύματος; αρχή προωθημένου μηνύματος; iletilen ileti başlangıcı; i̇leti başlangıcı; ileti başlangıcı
	תחילת ההודעה שהועברה; בתחילת ההודעה שהועברה; بدء الرسالة المعاد توجيهها; بداية الرسالة المعاد توجيهها; เริ่มข้อความที่ส่งต่อ
	bắt đầu thư được chuyển tiếp; bắt đầu tin nhắn được chuyển tiếp; mulai pesan terusan; mulai pesan yang diteruskan
	下面是被转发的邮件; 以下是被转发的邮件; 開始轉寄郵件; 以下是轉寄的郵件; 転送されたメッセージ; 전달된 메시지
`)
