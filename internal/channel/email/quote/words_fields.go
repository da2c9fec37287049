package quote

import "strings"

// fields are the names of header fields as clients write them, in lower case.
var fields = fieldNames(map[field]string{
	fieldFrom: `from; von; de; da; van; od; fra; från; frá; lähettäjä; feladó; expeditor; expeditorul; de la; från; saatja; nuo; siuntėjas; no; sūtītājs
		от; от кого; отправитель; від; від кого; відправник; ад; подател; изпратено от; пошиљалац; šalje; pošiljatelj; pošiljalac; odesílatel; odosielateľ; nadawca
		mittente; expéditeur; remitente; remetente; afsender; avsender; avsändare; absender; verzender; afzender
		από; αποστολέας; kimden; gönderen; kimdən; nga; nork; מאת; מ; من; المرسل; از; فرستنده; प्रेषक; द्वारा; จาก; từ; người gửi; dari; pengirim; daripada; mula kay
		发件人; 寄件者; 寄件人; 发信人; 差出人; 送信元; 送信者; 보낸 사람; 보낸사람; 보낸이; 발신`,
	fieldSent: `sent; date; gesendet; gesendet am; datum; envoyé; envoyé le; date d'envoi; enviado; enviado el; enviada em; enviado em; enviada; fecha; data; enviat; inviato; inviato il
		verzonden; verstuurd; wysłano; wysłane; data wysłania; sendt; dato; skickat; sendt den; lähetetty; päivämäärä; päiväys; pvm; sent on; senda; dagsetning
		odesláno; odoslané; odeslané; poslano; poslato; dátum; elküldve; küldve; küldés ideje; trimis; trimisă; trimis la; dată
		отправлено; дата; дата отправки; надіслано; дата надсилання; изпратено; дата и време; послато; датум; saadetud; kuupäev; išsiųsta; nosūtīts; datums; data:
		στάλθηκε; ημερομηνία; εστάλη; gönderildi; gönderilme tarihi; gönderim tarihi; tarih; göndərildi; dërguar; bidalia; נשלח; תאריך; בתאריך; تاريخ; التاريخ; تاريخ الإرسال; تم الإرسال; أرسلت; تاریخ; ارسال شده
		दिनांक; भेजा गया; ส่ง; ส่งเมื่อ; วันที่; ngày; đã gửi; ngày gửi; gửi; terkirim; dikirim; tanggal; tarikh; dihantar; ipinadala
		发送时间; 发送日期; 日期; 时间; 寄件日期; 傳送時間; 傳送日期; 寄件時間; 送信日時; 日付; 日時; 送信; 보낸 날짜; 보낸날짜; 날짜; 전송 날짜; 보낸 시간; 일시`,
	fieldTo: `to; an; à; a; para; per; aan; do; til; till; vastaanottaja; címzett; către; catre; kellele; kam; kam:; komu; kome; za; prima; primatelj; adresat
		кому; до; на; получатель; отримувач; каму; προς; παραλήπτης; kime; alıcı; kimə; për; nori; אל; ל; إلى; المستلم; به; گیرنده; प्रति; को; ถึง; tới; đến; người nhận; kepada; untuk
		destinataire; destinatario; destinatário; destinatari; empfänger; mottaker; modtager; mottagare; ontvanger; viðtakandi
		收件人; 收件者; 收信人; 宛先; 送信先; 받는 사람; 받는사람; 수신; 받는이`,
	fieldSubject: `subject; betreff; objet; sujet; asunto; assumpte; assunto; oggetto; onderwerp; temat; emne; ämne; efni; aihe; tárgy; předmět; predmet; zadeva; naslov; tema; teema
		тема; предмет; относно; наслов; тэма; subiect; subiectul; θέμα; konu; mövzu; subjekti; gaia; נושא; הנדון; الموضوع; موضوع; विषय; เรื่อง; หัวเรื่อง; chủ đề; tiêu đề; subjek; perihal; judul; paksa
		主题; 主題; 主旨; 标题; 標題; 件名; 제목`,
	fieldOther: `cc; cci; bcc; kopie; kopi; kopia; kopio; copie; copia; còpia; másolat; másolatot kap; копия; копія; копие; dw; udw; cópia; bilgi; κοιν; κοινοποίηση; עותק; نسخة; สำเนา; đồng gửi; tembusan; 抄送; 副本; 密件副本; 참조; 숨은 참조; ccn; bcco; в копии
		reply-to; reply to; antwort an; antworten an; répondre à; répondre; responder a; responder; rispondi a; risposta; risposta a; copie à; copy to; kopie an; beantwoorden; odpowiedz do; svar til; svar till; ответить; sender; organization; organisation; importance; priority; wichtigkeit; priorität; importancia; importância; attachments; anlagen; pièces jointes; adjuntos; allegati; bijlagen; x-mailer; message-id; resent-from; resent-to; mailed-by; signed-by; list-unsubscribe; re; aw; fw; fwd; wg; sv; vs; tr; rv; r; odp`,
})

func fieldNames(names map[field]string) map[string]field {
	all := map[string]field{}
	for f, list := range names {
		for name := range phrases(list) {
			all[strings.TrimRight(name, ":")] = f
		}
	}
	return all
}

// phrase is how a line begins and ends in which a device or a client
// advertises itself.
type phrase struct{ begin, end string }

// sentPhrases are such lines' beginnings and, in languages that put the verb
// last, ends.
var sentPhrases = append(beginnings(`
	sent from; sent via; sent with; sent using; get outlook for
	gesendet von; gesendet mit; gesendet über
	envoyé de; envoyé depuis; envoyé à partir; envoyé via; envoyé avec; télécharger outlook; obtenez outlook; provenance : courrier
	enviado desde; enviado con; enviado por; obtener outlook; enviat des; enviat amb; enviado do; enviado a partir; enviado de; enviada do; obter o outlook; obtenha o outlook
	inviato da; inviato con; inviato tramite; ottieni outlook; scarica outlook
	verzonden vanaf; verstuurd vanaf; verzonden met; verstuurd met; verzonden via; download outlook
	skickat från; skickat med; hämta outlook; sendt fra; sendt via; hent outlook; skaff deg outlook; få outlook
	lähetetty; hanki outlook; saadetud minu; išsiųsta iš; sūtīts no
	wysłano z; wysłane z; pobierz aplikację outlook; uzyskaj outlook; odesláno z; odoslané z; stáhnout outlook; získať outlook; poslano s; poslano z; poslato sa; poslano iz
	trimis de pe; trimis din; descărcați outlook; obțineți outlook; küldve; elküldve
	отправлено с; отправлено из; отправлено от; скачать outlook; надіслано з; відправлено з; надіслано із; изпратено от; послато са
	στάλθηκε από; εστάλη από; λήψη του outlook
	נשלח מ; השג את outlook; أُرسلت من; أرسلت من; مرسل من; تم الإرسال من; ارسال شده از
	ส่งจาก; đã gửi từ; được gửi từ; gửi từ; dikirim dari; terkirim dari; dihantar daripada
	发自我的; 發自我的; 傳送自我的
`),
	phrase{"von mein", "gesendet"}, phrase{"von unterwegs", "gesendet"}, phrase{"diese nachricht wurde von mein", "gesendet"},
	phrase{"outlook für", "herunterladen"}, phrase{"outlook für", "beziehen"}, phrase{"holen sie sich outlook", ""}, phrase{"laden sie outlook", "herunter"},
	phrase{"vanaf mijn", "verzonden"}, phrase{"outlook voor", "downloaden"}, phrase{"outlook voor", "ophalen"},
	phrase{"", "dan gönderildi"}, phrase{"", "den gönderildi"}, phrase{"", "ról küldve"}, phrase{"", "ről küldve"}, phrase{"az outlook", "beszerzése"},
	phrase{"", "から送信"}, phrase{"", "から送信されました"}, phrase{"", "を入手"}, phrase{"从我的", "发送"}, phrase{"從我的", "傳送"}, phrase{"從我的", "寄出"},
	phrase{"", "에서 보냄"}, phrase{"", "에서 보냈습니다"}, phrase{"", "에서 전송"}, phrase{"मेरे", "से भेजा गया"},
)

func beginnings(s string) []phrase {
	var all []phrase
	for begin := range phrases(s) {
		all = append(all, phrase{begin: begin})
	}
	return all
}

// devices are what is advertised in them.
var devices = []string{
	"iphon", "ipad", "ipod", "apple", "android", "samsung", "galaxy", "huawei", "xiaomi", "redmi", "oneplus", "pixel", "nokia", "motorola", "sony", "xperia", "htc", "blackberry", "oppo", "vivo", "honor", "fairphone",
	"windows", "outlook", "yahoo", "gmail", "gmx", "web.de", "1&1", "ionos", "aol", "proton", "tutanota", "spark", "superhuman", "thunderbird", "mailspring", "fastmail", "zoho", "mail.ru", "яндекс", "yandex", "почт", "ukr.net", "laposte", "sfr", "libero", "virgilio", "vodafone", "telekom", "seznam", "wp.pl", "onet", "poczt", "netease", "网易", "qq", "naver", "kakao", "daum", "bluemail", "aquamail", "k-9", "fairemail", "canary", "edison", "airmail", "mailbird", "emclient", "em client",
	"mobile", "handy", "smartphone", "phone", "telefon", "téléphone", "teléfono", "telefono", "móvil", "movil", "celular", "mobil", "tablet", "telemóvel", "puhelim", "телефон", "мобил", "смартфон", "手机", "手機", "スマートフォン", "휴대폰", "جوال", "هاتف", "טלפון", "cep ", "mail app", "mail-app",
}
