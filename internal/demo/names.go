package demo

// written is a name as its bearer writes it, and as an address spells it.
type written struct{ name, latin string }

// tongue is a language that contacts write in, with names that go with it.
type tongue struct {
	code          string
	given, family []written
	familyFirst   bool
	phone         string // of the country
	share         int    // of a hundred contacts
}

func same(names ...string) []written {
	list := make([]written, len(names))
	for i, n := range names {
		list[i] = written{n, ""}
	}
	return list
}

var tongues = []tongue{
	{
		code: "en", share: 46, phone: "+44 20 7946 0",
		given:  same("Olivia", "Amelia", "Grace", "Harriet", "Imogen", "Priya", "Zainab", "Chloe", "Megan", "Naomi", "Jack", "Oliver", "Callum", "Rhys", "Desmond", "Arjun", "Kwame", "Theodore", "Nathan", "Elliot", "Marcus", "Tamsin", "Beatrice", "Dominic"),
		family: same("Hughes", "Whitaker", "Okafor", "Sharma", "Bennett", "Fletcher", "Rahman", "Doyle", "Gallagher", "Pemberton", "Adeyemi", "Clarke", "Morrison", "Hartley", "Sinclair", "Patel", "Lawson", "Holloway", "Brennan", "Osborne", "Khan", "Winslow"),
	},
	{
		code: "de", share: 16, phone: "+49 30 901820",
		given:  []written{{"Jürgen", "juergen"}, {"Käthe", "kaethe"}, {"Lukas", ""}, {"Annika", ""}, {"Björn", "bjoern"}, {"Sabine", ""}, {"Friederike", ""}, {"Moritz", ""}, {"Günther", "guenther"}, {"Leonie", ""}, {"Matthias", ""}, {"Jörg", "joerg"}},
		family: []written{{"Müller", "mueller"}, {"Schäfer", "schaefer"}, {"Weiß", "weiss"}, {"Brandt", ""}, {"Köhler", "koehler"}, {"Vogelsang", ""}, {"Lindner", ""}, {"Böttcher", "boettcher"}, {"Zimmermann", ""}, {"Grünwald", "gruenwald"}, {"Hofstetter", ""}},
	},
	{
		code: "fr", share: 12, phone: "+33 1 99 00 ",
		given:  []written{{"Amélie", "amelie"}, {"Théo", "theo"}, {"Élodie", "elodie"}, {"Benoît", "benoit"}, {"Camille", ""}, {"François", "francois"}, {"Inès", "ines"}, {"Maxence", ""}, {"Noémie", "noemie"}, {"Gaël", "gael"}},
		family: []written{{"Lefèvre", "lefevre"}, {"Girard", ""}, {"Dubois", ""}, {"Bérenger", "berenger"}, {"Rousseau", ""}, {"Marchand", ""}, {"Chevalier", ""}, {"Gauthier", ""}, {"Delacroix", ""}, {"Hébert", "hebert"}},
	},
	{
		code: "es", share: 10, phone: "+34 910 000 ",
		given:  []written{{"Lucía", "lucia"}, {"Íñigo", "inigo"}, {"Sofía", "sofia"}, {"Andrés", "andres"}, {"Marisol", ""}, {"Joaquín", "joaquin"}, {"Ximena", ""}, {"Álvaro", "alvaro"}, {"Nuria", ""}, {"Ramón", "ramon"}},
		family: []written{{"Muñoz", "munoz"}, {"García", "garcia"}, {"Ibáñez", "ibanez"}, {"Castellanos", ""}, {"Peña", "pena"}, {"Villanueva", ""}, {"Ordóñez", "ordonez"}, {"Quintero", ""}, {"Salazar", ""}, {"Herrera", ""}},
	},
	{
		code: "ja", share: 6, phone: "+81 3 5550 ", familyFirst: true,
		given:  []written{{"美咲", "misaki"}, {"健太", "kenta"}, {"陽菜", "hina"}, {"大輔", "daisuke"}, {"千尋", "chihiro"}, {"翔", "sho"}, {"直美", "naomi"}},
		family: []written{{"佐藤", "sato"}, {"鈴木", "suzuki"}, {"高橋", "takahashi"}, {"渡辺", "watanabe"}, {"小林", "kobayashi"}, {"中村", "nakamura"}, {"松本", "matsumoto"}},
	},
	{
		code: "pl", share: 5, phone: "+48 22 100 ",
		given:  []written{{"Łukasz", "lukasz"}, {"Małgorzata", "malgorzata"}, {"Paweł", "pawel"}, {"Agnieszka", ""}, {"Wojciech", ""}, {"Żaneta", "zaneta"}},
		family: []written{{"Wójcik", "wojcik"}, {"Kowalczyk", ""}, {"Szymański", "szymanski"}, {"Dąbrowska", "dabrowska"}, {"Jabłoński", "jablonski"}, {"Krawiec", ""}},
	},
	{
		code: "el", share: 3, phone: "+30 210 000 ",
		given:  []written{{"Ελένη", "eleni"}, {"Νίκος", "nikos"}, {"Μαρία", "maria"}, {"Γιώργος", "giorgos"}},
		family: []written{{"Παπαδοπούλου", "papadopoulou"}, {"Αντωνίου", "antoniou"}, {"Νικολάου", "nikolaou"}, {"Γεωργίου", "georgiou"}},
	},
	{
		code: "ko", share: 2, phone: "+82 2 3010 ", familyFirst: true,
		given:  []written{{"지민", "jimin"}, {"서연", "seoyeon"}, {"민준", "minjun"}, {"하윤", "hayun"}},
		family: []written{{"김", "kim"}, {"박", "park"}, {"이", "lee"}, {"최", "choi"}},
	},
}

// hosts are the domains of contacts' addresses; domain says how one set's
// differ from another's.
var hosts = []string{
	"mail", "postbox", "lumen-optics", "harbourlight", "brightfield-farms", "tidewater-books", "kestrel-bikes",
	"oakandloom", "papershop", "vela-travel", "stonebridge-clinic", "ferrovia", "cobalt-labs", "gardenstate-foods",
}

// roleNames are what stands before the @ of role addresses (IN-11).
var roleNames = []string{"noreply", "sales", "marketing", "newsletter", "info", "notifications"}
