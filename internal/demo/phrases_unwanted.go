package demo

// What no one waits for: the topics of conversations that are filtered.
var (
	spamTopic = topic{
		tag: "spam", subjects: []string{"Re: your account {digits}", "URGENT business proposal", "You have been selected", "First page of search results guaranteed"},
		asks: []string{
			"Dear beneficiary, a sum of {amount} has been deposited in your name and awaits release against a small handling fee.",
			"We can bring your web site to the first page within seven days. Reply YES for a free audit.", "Hot deals on replica watches, discreet parcels, wholesale prices from {amount}.",
			"Your mailbox is almost full. Verify your password now to avoid deactivation.", "Crypto signals with {digits} per cent profit. Join our private channel today.",
		},
		details: []string{"This offer ends on {weekday}.", "Kindly treat this as confidential.", "Act now, only {digits} places left!"},
		mores:   []string{"Did you receive my previous message?", "This is the final reminder.", "Why do you not answer? Send the fee today."},
	}
	pestTopic = topic{
		tag: "abuse", subjects: []string{"You will hear from me", "Nonsense again", "LISTEN"},
		asks: []string{
			"You are all thieves and I shall write every single day until somebody is dismissed.", "asdf asdf asdf is anybody there or only machines",
			"I do not want an answer, I want you to know that your {product} is rubbish.", "Tell your manager in {city} that I know where the office is.",
		},
		details: []string{"And I mean it.", "This is message number {digits}."},
		mores:   []string{"Cowards.", "Still here. Still writing.", "hello hello hello hello"},
	}
	promotionalTopic = topic{
		tag: "newsletter", subjects: []string{"Summer sale: up to {digits} % off", "Our webinar on {weekday}", "The logistics newsletter, issue {digits}", "Last chance to register"},
		asks: []string{
			"This month in our newsletter: packaging without plastic, a portrait of a forwarder from {city}, and three offers for subscribers.",
			"Join our free webinar on {weekday} and learn how leading shops halve their returns.", "Get {digits} per cent off all office supplies with the code DESK{digits}.",
		},
		details: []string{"You receive this message because you subscribed on our site. Unsubscribe at any time.", "Read this message in your browser."},
	}
	roleTopic = topic{
		tag: "notification", subjects: []string{"Your monthly statement is ready", "Delivery note {ticket}", "Scheduled maintenance on {weekday}"},
		asks: []string{
			"This is an automatic message, please do not reply. Your statement for account {digits} is ready in the portal.", "Shipment {ticket} was handed over to the carrier in {city}.",
			"Our systems will be unavailable on {weekday} between two and four in the morning.",
		},
		details: []string{"This mailbox is not monitored.", "Reference {digits}-{digits}."},
	}
	autoReplyTopic = topic{
		tag: "out-of-office", subjects: []string{"Automatic reply: your order {order}", "Out of office", "Abwesenheitsnotiz", "Réponse automatique"},
		asks: []string{
			"I am out of the office until {weekday} with limited access to e-mail. In urgent cases please call our switchboard.", "Ich bin bis {weekday} nicht im Büro. Ihre Nachricht wird nicht weitergeleitet.",
			"Je suis absent jusqu'à {weekday}. Votre message ne sera pas lu avant mon retour.", "Thank you for your message. We have received it and will answer within two working days. Ticket {ticket}.",
		},
		details: []string{"Colleagues at our office in {city} can help meanwhile.", ""},
	}
)
