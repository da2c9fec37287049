package company

import "strings"

// IsFreemail reports whether anyone may have an address at a domain, so that it says
// nothing of whom someone works for: contacts are never linked by such a one (CR-6).
//
// The list is our own: the public mail providers and the mail services of internet
// providers that are widely used, by continent. A provider with a domain for each country
// is a family: its name before any of the endings of countryEnding.
func IsFreemail(domain string) bool {
	if freemail[domain] {
		return true
	}
	name, ending, found := strings.Cut(domain, ".")
	return found && families[name] && countryEnding(ending)
}

// countryEnding reports whether a domain's rest is what stands behind the name of a
// provider in one country: com, net, de, co.uk, com.br.
func countryEnding(ending string) bool {
	if ending == "com" || ending == "net" || len(ending) == 2 {
		return true
	}
	second, country, found := strings.Cut(ending, ".")
	return found && (second == "co" || second == "com") && len(country) == 2
}

var families = listed("aol freenet gmx hotmail live outlook rocketmail t-online yahoo yandex ymail")

var freemail = listed(`
	fastmail.com fastmail.fm gmail.com googlemail.com hey.com hushmail.com icloud.com inbox.com lycos.com mac.com mail.com mailbox.org mailfence.com
	me.com msn.com passport.com pm.me posteo.net proton.me protonmail.ch protonmail.com tuta.com tuta.io tutanota.com windowslive.com zoho.com zohomail.com
	zohomail.eu duck.com mozmail.com simplelogin.com email.com usa.com europe.com consultant.com post.com myself.com

	aim.com att.net bellsouth.net bell.net centurylink.net charter.net comcast.net cox.net earthlink.net frontier.com frontiernet.net juno.com netzero.net
	optonline.net optimum.net pacbell.net prodigy.net prodigy.net.mx roadrunner.com rogers.com sbcglobal.net shaw.ca spectrum.net suddenlink.net sympatico.ca
	telus.net verizon.net videotron.ca windstream.net

	bol.com.br globo.com globomail.com ig.com.br oi.com.br r7.com terra.com.br uol.com.br zipmail.com.br arnet.com.ar ciudad.com.ar fibertel.com.ar
	speedy.com.ar adinet.com.uy une.net.co

	arcor.de email.de firemail.de mail.de online.de posteo.de web.de vodafone.de kabelmail.de mailbox.de aon.at chello.at inode.at utanet.at
	a1.net bluewin.ch hispeed.ch sunrise.ch swissonline.ch vtxmail.ch

	bbox.fr club-internet.fr free.fr laposte.net neuf.fr numericable.fr orange.fr sfr.fr wanadoo.fr belgacom.be proximus.be scarlet.be skynet.be telenet.be
	chello.nl hetnet.nl home.nl kpnmail.nl kpnplanet.nl planet.nl quicknet.nl tele2.nl upcmail.nl xs4all.nl ziggo.nl

	alice.it email.it fastwebnet.it iol.it libero.it poste.it tim.it tin.it tiscali.it virgilio.it vodafone.it telefonica.net terra.es ono.com
	movistar.es clix.pt iol.pt netcabo.pt sapo.pt

	blueyonder.co.uk btinternet.com btopenworld.com ntlworld.com plusnet.com sky.com talktalk.net tesco.net virgin.net virginmedia.com eircom.net

	bigpond.com bigpond.net.au iinet.net.au internode.on.net optusnet.com.au tpg.com.au westnet.com.au clear.net.nz slingshot.co.nz xtra.co.nz

	online.no frisurf.no bredband.net comhem.se spray.se telia.com tele2.se mail.dk stofanet.dk tdcadsl.dk elisanet.fi kolumbus.fi luukku.com saunalahti.fi
	suomi24.fi mail.ee hot.ee inbox.lv

	centrum.cz email.cz post.cz seznam.cz volny.cz azet.sk centrum.sk zoznam.sk citromail.hu freemail.hu indamail.hu t-email.hu vipmail.hu gazeta.pl interia.eu
	interia.pl o2.pl onet.eu onet.pl op.pl poczta.fm poczta.onet.pl tlen.pl vp.pl wp.pl abv.bg mail.bg bk.ru inbox.ru list.ru mail.ru rambler.ru ya.ru
	i.ua meta.ua ukr.net

	otenet.gr forthnet.gr mynet.com superonline.com ttmail.com walla.co.il walla.com bezeqint.net netvision.net.il

	126.com 139.com 163.com 188.com 21cn.com aliyun.com foxmail.com qq.com sina.cn sina.com sohu.com tom.com vip.163.com vip.qq.com yeah.net netvigator.com
	daum.net hanmail.net nate.com naver.com docomo.ne.jp excite.co.jp ezweb.ne.jp goo.jp i.softbank.jp nifty.com ocn.ne.jp softbank.ne.jp
	rediff.com rediffmail.com sify.com indiatimes.com singnet.com.sg pchome.com.tw seed.net.tw hinet.net

	absamail.co.za mweb.co.za telkomsa.net vodamail.co.za webmail.co.za`)

func listed(domains string) map[string]bool {
	set := map[string]bool{}
	for _, domain := range strings.Fields(domains) {
		set[domain] = true
	}
	return set
}
