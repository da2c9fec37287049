package demo

var germanManners = manners{
	hellos:   []string{"Hallo {name},", "Guten Tag {name},", "Liebe Grüße zurück, {name},"},
	openings: []string{"Hallo,", "Guten Tag,", "Guten Morgen zusammen,", "Sehr geehrte Damen und Herren,"},
	thanks:   []string{"Vielen Dank, das hat geklappt!", "Super, danke für die schnelle Hilfe.", "Alles klar, dann warte ich ab. Schönes Wochenende!", "Perfekt, herzlichen Dank {agent}."},
	regards:  []string{"Viele Grüße\n{agent}", "Mit freundlichen Grüßen\n{agent}", "Melden Sie sich gern, wenn noch etwas unklar ist.\n{agent}"},
}

var germanTopics = []topic{
	{
		tag: "delivery", at: support,
		subjects: []string{"Wo bleibt meine Bestellung {order}?", "Lieferung {order} unvollständig", "Paket beschädigt angekommen"},
		asks: []string{
			"meine Bestellung {order} sollte schon am {weekday} ankommen, die Sendungsverfolgung zeigt seit Tagen nichts Neues.", "in dem Paket fehlten die Schrauben und eine Seitenwand für das Regal.",
			"der Karton war völlig durchnässt, und die Tischplatte hat einen Riss über die ganze Länge.",
		},
		details: []string{"Die Sendungsnummer endet auf {digits}.", "Fotos kann ich gern schicken.", "Wir brauchen die Möbel dringend für die Büroeröffnung in {city}."},
		answers: []string{
			"das tut mir leid. Die Sendung liegt im Verteilzentrum in {city} und wird morgen zugestellt.", "die fehlenden Teile gehen heute per Express an Sie raus, Vorgang {ticket}.",
			"selbstverständlich ersetzen wir die Tischplatte. Den beschädigten Karton holt der Spediteur gleich mit ab.",
		},
		steps: []string{"Passt Ihnen {weekday} zwischen acht und zwölf Uhr?", "Könnten Sie mir bitte die Hausnummer bestätigen?", "Bitte heben Sie die Verpackung so lange auf."},
		mores: []string{"Ja, das passt gut.", "Leider war heute wieder niemand da.", "Die Hausnummer ist {digits}, Hinterhaus, zweiter Stock.", "Es ist angekommen, aber in der falschen Farbe."},
	},
	{
		tag: "invoice", at: billing | sales,
		subjects: []string{"Rechnung {invoice}", "Angebot über {digits} Schreibtische", "Kündigung zum Monatsende"},
		asks: []string{
			"auf der Rechnung {invoice} steht noch unsere alte Anschrift. Bitte um Korrektur für die Buchhaltung.", "wir möchten unser Büro in {city} neu einrichten und bitten um ein Angebot.",
			"hiermit kündige ich das Abonnement fristgerecht zum Monatsende.", "der Betrag von {amount} wurde zweimal abgebucht.",
		},
		details: []string{"Die Umsatzsteuernummer lautet DE{digits}{digits}.", "Es geht um etwa zwanzig Arbeitsplätze mit Stühlen und Leuchten.", "Bitte bestätigen Sie mir das schriftlich."},
		answers: []string{
			"die korrigierte Rechnung finden Sie im Anhang, die alte ist storniert.", "ab fünfzig Stück gewähren wir zwölf Prozent Nachlass, Montage inbegriffen.",
			"Ihre Kündigung ist eingetragen. Ihre Entwürfe bleiben noch ein Jahr lesbar.", "eine der Buchungen war nur eine Vormerkung und verfällt in wenigen Tagen.",
		},
		steps: []string{"Stimmt die Anschrift so?", "Darf ich fragen, was Sie zu der Entscheidung bewogen hat?", "Wollen wir am {weekday} kurz telefonieren?"},
		mores: []string{"Ja, jetzt stimmt alles.", "{weekday} um zehn wäre gut.", "Die Vormerkung ist immer noch da.", "Nein, es liegt nicht an Ihnen, wir ziehen um."},
	},
	{
		tag: "login", at: support | sales,
		subjects: []string{"Anmeldung nicht möglich", "Passwort vergessen", "Raumplaner stürzt ab"},
		asks: []string{
			"seit heute früh kann ich mich nicht mehr anmelden, {browser} zeigt nur eine leere Seite.", "die Nachricht zum Zurücksetzen des Passworts kommt bei mir nicht an.",
			"der Raumplaner schließt sich, sobald ich das Tablet drehe.",
		},
		details: []string{"Im privaten Fenster ist es dasselbe.", "Der Fehlercode lautet AUTH-{digits}."},
		answers: []string{
			"bitte löschen Sie einmal die Cookies für northwind.example, ein altes schickt Sie im Kreis.", "Ihr Mailserver hat unsere Nachricht abgelehnt. Ich habe auf die Textfassung umgestellt.",
			"danke, wir konnten den Fehler nachstellen. Er ist als {ticket} erfasst und wird bis {weekday} behoben.",
		},
		steps: []string{"Klappt es jetzt?", "Welche Version verwenden Sie?"},
		mores: []string{"Jetzt klappt die Anmeldung, aber meine Bestellungen sind weg.", "Leider unverändert.", "Version 4.{digits}, gerade aktualisiert."},
	},
}

var frenchManners = manners{
	hellos:   []string{"Bonjour {name},", "Bonsoir {name},", "Merci pour votre message, {name}."},
	openings: []string{"Bonjour,", "Bonsoir,", "Madame, Monsieur,"},
	thanks:   []string{"Parfait, merci beaucoup !", "Merci {agent}, tout fonctionne.", "C'est noté, bonne journée !", "Merci pour votre réponse rapide."},
	regards:  []string{"Cordialement\n{agent}", "Bien à vous\n{agent}", "Belle journée\n{agent}"},
}

var frenchTopics = []topic{
	{
		tag: "delivery", at: support | sales,
		subjects: []string{"Où est ma commande {order} ?", "Colis abîmé", "Visite du magasin à {city}"},
		asks: []string{
			"ma commande {order} devait arriver {weekday}, mais le suivi ne change plus.", "le bureau est arrivé avec un pied cassé et il manque la notice.",
			"est-il possible d'essayer les chaises dans votre magasin à {city} ?",
		},
		details: []string{"Je peux vous envoyer des photos.", "Le numéro de suivi se termine par {digits}.", "Je suis chez moi tous les après-midi."},
		answers: []string{
			"je suis désolé pour ce retard. Le colis se trouve au dépôt de {city} et sera livré demain.", "nous vous envoyons un pied de rechange dès aujourd'hui, dossier {ticket}.",
			"bien sûr, le magasin est ouvert du mardi au samedi, sans rendez-vous.",
		},
		steps: []string{"Pourriez-vous confirmer le code de la porte ?", "Gardez l'emballage jusqu'au passage du transporteur, s'il vous plaît."},
		mores: []string{"Le code est {digits}A.", "Toujours rien aujourd'hui.", "Le pied est arrivé, mais pas de la bonne couleur.", "Très bien, nous passerons {weekday}."},
	},
	{
		tag: "invoice", at: billing | sales | support,
		subjects: []string{"Facture {invoice}", "Remboursement de {order}", "Résiliation de l'abonnement"},
		asks: []string{
			"la facture {invoice} ne porte pas notre numéro de TVA, notre comptable la refuse.", "j'ai renvoyé l'article il y a quinze jours et j'attends toujours mon remboursement de {amount}.",
			"je souhaite résilier notre abonnement à la fin du mois.", "le mot de passe n'est plus accepté depuis ce matin.",
		},
		details: []string{"Le numéro correct est FR{digits}{digits}.", "Merci de me le confirmer par écrit."},
		answers: []string{
			"vous trouverez la facture rectifiée en pièce jointe.", "le retour a été enregistré {weekday}, le virement part aujourd'hui.",
			"c'est fait : l'abonnement s'arrête à la fin de la période, vos plans restent lisibles un an.", "votre compte était verrouillé par précaution, je viens de le débloquer.",
		},
		steps: []string{"L'adresse est-elle exacte ?", "Cela vous convient-il ?"},
		mores: []string{"Oui, c'est exact.", "Le virement n'est pas encore arrivé.", "Et pour le supplément de rendu, c'est arrêté aussi ?"},
	},
}

var spanishManners = manners{
	hellos:   []string{"Hola {name}:", "Buenos días, {name}:", "Gracias por escribirnos, {name}."},
	openings: []string{"Hola:", "Buenos días:", "Buenas tardes,"},
	thanks:   []string{"¡Perfecto, muchas gracias!", "Gracias {agent}, ya funciona.", "De acuerdo, espero entonces. ¡Buen fin de semana!", "Muy amable, gracias."},
	regards:  []string{"Un saludo\n{agent}", "Saludos cordiales\n{agent}", "Quedo a su disposición.\n{agent}"},
}

var spanishTopics = []topic{
	{
		tag: "delivery", at: support | sales,
		subjects: []string{"¿Dónde está mi pedido {order}?", "Pieza rota en {order}", "Presupuesto para una oficina en {city}"},
		asks: []string{
			"mi pedido {order} tenía que llegar el {weekday} y el seguimiento no cambia.", "la silla llegó con una rueda rota y un arañazo en el respaldo.",
			"necesitamos un presupuesto para treinta puestos de trabajo en {city}.",
		},
		details: []string{"Puedo enviarles fotografías.", "El número de seguimiento termina en {digits}.", "Nos corre bastante prisa."},
		answers: []string{
			"lamento el retraso. El paquete está en el almacén de {city} y sale mañana.", "le enviamos una rueda nueva hoy mismo, expediente {ticket}.",
			"con mucho gusto: a partir de cincuenta piezas el descuento es del doce por ciento, con montaje incluido.",
		},
		steps: []string{"¿Le viene bien el {weekday} por la mañana?", "¿Podría confirmar el código postal?"},
		mores: []string{"Sí, por la mañana está bien.", "Sigue sin llegar nada.", "El código es {digits}, segundo izquierda."},
	},
	{
		tag: "invoice", at: billing | support,
		subjects: []string{"Factura {invoice}", "Cobro duplicado", "No puedo entrar en mi cuenta"},
		asks: []string{
			"la factura {invoice} lleva el nombre antiguo de la empresa.", "me han cobrado dos veces {amount} por el pedido {order}.",
			"no puedo entrar en mi cuenta: {browser} muestra una página en blanco.",
		},
		details: []string{"El NIF correcto es B{digits}{digits}.", "El trimestre cierra el {weekday}."},
		answers: []string{
			"le adjunto la factura corregida; la anterior queda anulada.", "uno de los cargos era una reserva y desaparece en cinco días.",
			"su cuenta estaba bloqueada por precaución; acabo de abrirla.",
		},
		steps: []string{"¿Es correcta la dirección?", "¿Puede probar otra vez?"},
		mores: []string{"Ahora sí, todo correcto.", "El cargo sigue ahí.", "He probado con otro navegador y pasa lo mismo."},
	},
}

var japaneseManners = manners{
	hellos:   []string{"{name}様", "{name}様、お問い合わせありがとうございます。"},
	openings: []string{"お世話になっております。", "はじめまして。", "こんにちは。"},
	thanks:   []string{"ありがとうございます。助かりました。", "承知しました。よろしくお願いいたします。", "無事に届きました。感謝します。"},
	regards:  []string{"よろしくお願いいたします。\n{agent}", "ご不明な点がございましたらお知らせください。\n{agent}"},
}

var japaneseTopics = []topic{
	{
		tag: "delivery", at: anywhere,
		subjects: []string{"注文{order}の配送について", "請求書{invoice}について", "ログインできません"},
		asks: []string{
			"注文{order}の机がまだ届いていません。配送状況を教えてください。", "請求書{invoice}の会社名が間違っています。修正をお願いします。",
			"今朝からログインできなくなりました。パスワードの再設定メールも届きません。", "椅子の脚が一本折れていました。交換は可能でしょうか。",
		},
		details: []string{"追跡番号の末尾は{digits}です。", "写真をお送りできます。", "東京の新しい事務所で使う予定です。"},
		answers: []string{
			"ご迷惑をおかけして申し訳ございません。荷物は明日お届けする予定です。", "修正した請求書をお送りしました。ご確認ください。",
			"アカウントの制限を解除しました。もう一度お試しください。", "交換品を本日発送いたします。受付番号は{ticket}です。",
		},
		steps: []string{"ご希望の時間帯はございますか。", "ご住所に間違いはございませんか。"},
		mores: []string{"午前中にお願いします。", "住所は合っています。", "まだ届いていないようです。", "今度はログインできました。"},
	},
}
