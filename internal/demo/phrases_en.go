package demo

var englishManners = manners{
	hellos:   []string{"Hi {name},", "Hello {name},", "Dear {name},", "Hi {name}, thanks for writing to us.", "Good to hear from you, {name}."},
	openings: []string{"Hi,", "Hello,", "Hello there,", "Good morning,", "Good afternoon,", "Hi everyone,", ""},
	thanks: []string{
		"Perfect, thank you so much!", "That worked, thanks a lot.", "Brilliant, you saved my day.", "Great, that is all I needed.",
		"Thanks for the quick help, {agent}!", "Wonderful. Have a nice weekend!", "Understood, thank you for explaining.",
		"Thank you, I shall wait for the parcel then.", "Super helpful, cheers!", "Thanks, you can close this.",
	},
	regards: []string{"Best wishes\n{agent}", "Kind regards\n{agent}", "All the best\n{agent} from Northwind", "Let me know if anything is unclear.\n{agent}"},
}

var englishTopics = []topic{
	{
		tag: "delivery", at: support,
		subjects: []string{"Where is my order {order}?", "Delivery of {order} is late", "Parcel never arrived", "Wrong delivery address on {order}"},
		asks: []string{
			"My order {order} should have arrived on {weekday}, but the tracking page has not changed for three days.",
			"Could you tell me where the parcel with the {product} is? The courier says it was delivered, yet nobody here has seen it.",
			"I moved to {city} last week and noticed that {order} still goes to the old address. Can you still redirect it?",
			"The {product} was promised within two working days. It has been eight now and I have heard nothing.",
		},
		details: []string{
			"The tracking number ends in {digits}.", "Our neighbours and the reception desk do not have it either.",
			"Somebody is at home every day until five o'clock.", "I paid for express shipping, by the way.",
		},
		answers: []string{
			"I am sorry about the wait. The warehouse scanned {order} on {weekday}, and the courier's depot in {city} has it now.",
			"The parcel was held back because a customs form was incomplete. We have sent the missing paper this morning.",
			"I have asked the courier to open an investigation; the reference is {ticket}. They usually answer within one working day.",
			"I changed the address to the one in {city}. The carrier confirmed that the new label is on the parcel.",
		},
		steps: []string{
			"If it is not with you by {weekday}, I will send a replacement free of charge.", "Could you confirm the house number and the postcode, please?",
			"You will get a message with a two-hour window on the morning of the delivery.",
		},
		mores: []string{
			"The house number is {digits}, second floor.", "Still nothing today. Is there any news?", "The tracking page now says 'returned to sender'. What does that mean?",
			"It came, but the box is soaked and one corner is crushed.",
		},
	},
	{
		tag: "damage", at: support,
		subjects: []string{"{product} arrived damaged", "Broken part in order {order}", "Scratched surface on my {product}"},
		asks: []string{
			"We unpacked the {product} today and the left leg is cracked right through the wood.", "The {product} from {order} wobbles, and two of the screws do not fit their threads.",
			"There is a deep scratch on the top of the {product}. The packaging itself was fine.", "After a month of normal use the motor of our {product} makes a grinding noise.",
		},
		details: []string{"I can send photographs if that helps.", "The serial number is SN{digits}{digits}.", "We need it for a meeting room that opens on {weekday}.", "Nothing was dropped; it has stood in the same place since it came."},
		answers: []string{
			"That should not happen, and I apologise. I have ordered a new part for your {product} under {ticket}.", "Thank you for describing it so well. Our workshop in {city} thinks that the bearing is faulty, which the warranty covers.",
			"We will collect the damaged {product} and bring a new one in the same visit.", "I can offer a replacement, or a refund of {amount} if you prefer to keep it as it is.",
		},
		steps: []string{"Please keep the packaging until the driver has been.", "Which of the two would you like?", "May I ask for a photograph of the label underneath?"},
		mores: []string{"A replacement, please.", "I would rather keep it and take the discount.", "Here is what the label says: NW {digits} rev C.", "The driver came but had no replacement with him."},
	},
	{
		tag: "login", at: support,
		subjects: []string{"Cannot sign in", "Password reset mail does not arrive", "Locked out of my account", "Two-factor code is refused"},
		asks: []string{
			"I cannot sign in since this morning. {browser} shows 'session expired' over and over.", "The password reset message never reaches me, not even in the spam folder.",
			"My telephone was stolen and with it the authenticator app. How do I get back into my account?", "The page says that my account is locked after five attempts, but I tried only once.",
		},
		details: []string{"It is the same in a private window.", "My colleague in {city} can sign in without trouble.", "The error code is AUTH-{digits}.", "I use {browser} on a company laptop."},
		answers: []string{
			"I can see several attempts from an address in {city}; the lock was a precaution. I have lifted it.", "The message was refused by your mail server as too large. I have switched your account to the plain version.",
			"Please clear the cookies of northwind.example in {browser}: an old one sends you round in circles.", "For a lost second factor we need to check who you are first. I have started that under {ticket}.",
		},
		steps: []string{"Could you try again and tell me what you see?", "You will be asked for a new password with at least twelve characters.", "Which time zone is your device set to?"},
		mores: []string{"Now I get a blank page instead.", "I cleared the cookies, and it is the same.", "That worked, but now my order history is empty.", "The clock was four minutes slow. Could that be it?"},
	},
	{
		tag: "bug", at: support,
		subjects: []string{"Export stops at {digits} rows", "Error {ticket} when saving", "Calendar shows the wrong week", "App crashes on opening the planner"},
		asks: []string{
			"When I export the room plan as PDF, the file ends in the middle of page three.", "Saving a layout fails with 'conflict', although I am the only one who works on it.",
			"The calendar jumps back by a week as soon as I change the time zone to {city}.", "Since the update the planner closes itself on my tablet when I turn it sideways.",
		},
		details: []string{"It happens in {browser}, not on my telephone.", "I can reproduce it every time.", "There are about {digits} objects in the plan.", "The console says 'quota exceeded'."},
		answers: []string{
			"Thank you, we could reproduce it. It is a mistake of ours in the new renderer, filed as {ticket}.", "This was mended in version 4.{digits}, which reaches everybody by {weekday}.",
			"The two tabs that you have open each save their own copy, hence the conflict. Closing one of them helps for now.", "Our engineers found that very large plans exceed the browser's storage. A limit with a proper message is on its way.",
		},
		steps: []string{"Would you share the plan with us? Nobody but our engineers can open it.", "Does it also happen with hardware acceleration turned off?", "I will write as soon as it is out."},
		mores: []string{"I have shared the plan with you just now.", "With acceleration turned off it does not crash.", "Is there a date for the fix? Our deadline is {weekday}.", "After the update it became worse, sadly."},
	},
	{
		tag: "warranty", at: support | billing,
		subjects: []string{"Warranty for {product}", "Is {order} still under guarantee?", "Spare parts for {product}"},
		asks: []string{
			"Does the five-year warranty of the {product} also cover the fabric?", "I bought a used {product}. Can the guarantee be transferred to me?",
			"Where can I order two extra shelves and the matching brackets for the {product}?",
		},
		details: []string{"The invoice is from {weekday}, number {invoice}.", "We have eleven of them in our office in {city}."},
		answers: []string{
			"The frame and all mechanics are covered for five years, the fabric for two.", "Yes: the guarantee belongs to the {product}, whoever owns it. I have noted your name.",
			"The shelves are article {digits} in the spare parts shop. They leave our warehouse the same day.",
		},
		steps: []string{"Shall I add them to an order for you?", "Please send us the serial number, then I register it."},
		mores: []string{"Yes please, two of them in oak.", "Thank you. And what about the castors?", "The serial number is SN{digits}."},
	},
	{
		tag: "pricing", at: sales,
		subjects: []string{"Quotation for {digits} desks", "Discount for schools?", "Prices for the Team plan", "Furnishing an office in {city}"},
		asks: []string{
			"We are furnishing an office in {city} and need about sixty {product}s. What would the price be?", "Is there a reduction for schools and charities?",
			"What is the difference between the Team and the Business plan, other than storage?", "Could you send a quotation with delivery and assembly included?",
		},
		details: []string{"The budget is {amount} before tax.", "Assembly should be done outside business hours.", "We would decide by {weekday}.", "There is a goods lift, 180 centimetres wide."},
		answers: []string{
			"With pleasure. From fifty pieces on, the {product} costs twelve per cent less, assembly included.", "Schools and charities get fifteen per cent on everything but spare parts.",
			"The Business plan adds single sign-on, an audit trail and a named contact; the features are otherwise the same.", "I have attached quotation {invoice}. It holds for thirty days.",
		},
		steps: []string{"Would {weekday} suit you for a short call?", "Which finish do you have in mind: oak, walnut or white?", "How many floors does the delivery have to climb?"},
		mores: []string{"{weekday} at ten would be good.", "Oak for the desks, white for the cupboards.", "Could you do a little better if we take the lamps too?", "Our purchasing department asks for a tax number on the quotation."},
	},
	{
		tag: "demo", at: sales,
		subjects: []string{"Demonstration of the planner", "Can we try the {product}?", "Visiting your showroom in {city}"},
		asks: []string{
			"Could somebody show us the room planner? Three colleagues would join.", "We would like to try the {product} for a week before we decide.",
			"Is the showroom in {city} open on Saturdays, and do we need an appointment?",
		},
		details: []string{"We are twenty people in two rooms.", "An online meeting is fine for us.", "Accessibility matters: one of us uses a wheelchair."},
		answers: []string{
			"Gladly. I have a free hour on {weekday} afternoon and will send an invitation.", "We lend one {product} for fourteen days; you only pay the transport, {amount}.",
			"The showroom is open from nine to six and on the first Saturday of each month. The whole building is step-free.",
		},
		steps: []string{"To which addresses should the invitation go?", "Is there anything in particular that you want to see?"},
		mores: []string{"Please show us how several people plan at once.", "{weekday} is a holiday here; the day after?", "We came, we saw, and we want two of them."},
	},
	{
		tag: "partner", at: sales,
		subjects: []string{"Becoming a reseller", "Connecting our catalogue", "Question about your API"},
		asks: []string{
			"We are interior designers and would like to offer your furniture to our clients. How does the partner programme work?",
			"Is there an interface by which our shop can read stock and prices?", "Do you ship to {city}, and who clears customs?",
		},
		details: []string{"We turn over about {amount} a month.", "A nightly file would be enough for us.", "Our platform speaks JSON and CSV."},
		answers: []string{
			"Partners buy at a trade price and get leads from their region. I have sent you the agreement.", "There is an API with webhooks for stock; the documentation is public and a sandbox key takes a minute.",
			"We ship there by sea every second week. Duties are included in the price that you see.",
		},
		steps: []string{"Would you fill in the short form so that I can prepare your account?", "What volume should we reckon with in the first year?"},
		mores: []string{"The form is filled in.", "The sandbox key answers 403 on /stock. Do we need another scope?", "Roughly {digits} orders a year."},
	},
	{
		tag: "invoice", at: billing,
		subjects: []string{"Invoice {invoice}", "Wrong VAT number on {invoice}", "Copy of an invoice needed", "Charged twice for {order}"},
		asks: []string{
			"Invoice {invoice} shows our old company name. Our accountant needs a corrected one.", "My card was charged twice for {order}: {amount} on two consecutive days.",
			"I cannot find the invoice for {order} in my account. Could you send it once more?", "The VAT number on {invoice} is missing, so that we cannot book it.",
		},
		details: []string{"The correct number is GB{digits}{digits}.", "The quarter closes on {weekday}.", "The bank shows both as settled.", "Please send it to the address that I am writing from."},
		answers: []string{
			"I have issued a corrected invoice; {invoice} is cancelled by a credit note.", "One of the two was only a reservation, and your bank releases it within five days.",
			"You are right, that was our mistake. {amount} is on its way back to your card.", "Attached you find the invoice as PDF and as XML for your accounting software.",
		},
		steps: []string{"Could you check that the address is right this time?", "Please allow three working days until it appears on your statement.", "Under which name should it be issued?"},
		mores: []string{"It must say 'Limited', not 'Ltd'.", "Five days are over and both charges are still there.", "The XML is refused: the field BT-{digits} is empty.", "Received, and the amount is right now."},
	},
	{
		tag: "refund", at: billing | support,
		subjects: []string{"Refund for {order}", "Returning the {product}", "When do I get my money back?"},
		asks: []string{
			"I sent the {product} back two weeks ago and still wait for the {amount}.", "I changed my mind about {order}. How do I return it?",
			"Only part of the refund has arrived; the shipping costs are missing.",
		},
		details: []string{"The return parcel was signed for in {city}.", "It is unopened.", "I paid by bank transfer."},
		answers: []string{
			"The return was booked on {weekday}. The {amount} leave us today.", "You have thirty days. I have put a return label into your account.",
			"The shipping costs were overlooked, I am sorry. They follow separately.",
		},
		steps: []string{"To which account should we transfer it?", "Would a voucher with ten per cent on top be an alternative?"},
		mores: []string{"No voucher, thank you.", "The label is for a parcel, but this needs a pallet.", "The same account that I paid from, please."},
	},
	{
		tag: "subscription", at: billing | sales,
		subjects: []string{"Cancel the Team plan", "Downgrade to Starter", "Change the payment method", "Seats on our subscription"},
		asks: []string{
			"We want to end the Team plan at the end of the month. What happens to our layouts?", "Please move us from Business to Starter; we are only three people now.",
			"How do I change the card for our subscription? The old one expires in June.", "We pay for twelve seats and use nine. Can the others be dropped at once?",
		},
		details: []string{"Our workspace is called northlight-{digits}.", "I am the owner of the workspace.", "Is the notice period still one month?"},
		answers: []string{
			"Your layouts stay readable for a year and can be exported at any time.", "Done: Starter begins with the next period, and {amount} are credited.",
			"Seats can be dropped until the day before the period ends. I have set it to nine.", "The card can be changed under Account, Payment. Only the workspace's owner sees that page.",
		},
		steps: []string{"May I ask what made you decide?", "Shall I also stop the add-on for renderings?", "You will get a confirmation by e-mail within the hour."},
		mores: []string{"The company is closing its office, nothing to do with you.", "Yes, the add-on as well.", "I do not see that page. Who is the owner?", "The confirmation names the wrong workspace."},
	},
	{
		tag: "privacy", at: anywhere,
		subjects: []string{"What data do you keep about me?", "Delete my account", "Unsubscribe from all mail"},
		asks: []string{
			"Under article 15 I would like a copy of all data that you hold about me.", "Please delete my account and everything in it.", "I unsubscribed twice and still get the newsletter.",
		},
		details: []string{"My customer number is {digits}.", "Please confirm in writing.", "It also went to my old address in {city}."},
		answers: []string{
			"We have gathered the copy. You find it as a protected archive in your account until {weekday}.", "Your account will be erased within thirty days; invoices have to be kept by law.",
			"Two subscriptions ran under the same address. Both are ended now.",
		},
		steps: []string{"For your safety: which was your last order?", "Is there anything that you want to keep?"},
		mores: []string{"My last order was {order}.", "The archive does not open. Is there a password?", "Another newsletter came today."},
	},
}

// What people of all inboxes write, in English among themselves.
var (
	notes = []string{
		"Called the warehouse: {order} stands on the ramp in {city} and leaves tonight.", "Customer sounded upset on the telephone, please be quick here.",
		"Same cause as {ticket}, see the runbook.", "Checked the payment: {amount} captured, nothing pending.", "Long-standing client, I waived the fee.",
		"Waiting for the courier's answer, reminded them today.", "Could be a duplicate of last week's case with the {product}.", "Legal says we may share the log but not the names in it.",
	}
	mentionNotes = []string{
		"@{colleague} could you have a look? You know the {product} best.", "@{colleague} is the credit of {amount} fine with you?", "@{colleague} please take this over tomorrow, I am away from noon.",
		"@{colleague} the customer asks for a call before {weekday}.", "@{colleague} see {ticket}: did we not fix that in spring?",
	}
	corrections = []string{"(Corrected the date.)", "Sorry, I meant next week.", "Edit: the link works now.", "I mistyped the number above."}
	botLines    = []string{
		"I found an article that may help: 'Following a parcel'. Did it answer your question?", "Thanks! May I have the number of your order? It begins with NW.",
		"I see. One moment, I am looking that up for you.", "Our colleagues are here from eight to six. Shall I fetch one, or may I try first?",
		"You can change the address yourself until the parcel leaves our warehouse, under Orders.", "Your invoice is under Account, Invoices. Is there anything else?",
	}
	humanWanted = []string{"Could I talk to a person, please?", "I would rather speak with somebody.", "That does not help. A human, please.", "Agent please!", "Please connect me with one of your colleagues."}
)
