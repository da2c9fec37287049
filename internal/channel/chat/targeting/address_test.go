package targeting_test

import (
	"testing"

	"pgregory.net/rapid"

	"parley/ent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/vocab"
)

func shows(page string, rules ...vocab.Targeting) bool {
	m := message("m", 1, func(m *ent.TargetedMessage) { m.Rules = rules })
	return targeting.Choose([]*ent.TargetedMessage{m}, targeting.Visit{PageURL: page}) != nil
}

// TM-3: what a value means. Each operator's negation holds exactly where it
// does not.
func TestAddresses(t *testing.T) {
	t.Parallel()
	negations := map[vocab.TargetingOperator]vocab.TargetingOperator{
		vocab.OpIs: vocab.OpIsNot, vocab.OpContains: vocab.OpNotContains, vocab.OpStartsWith: vocab.OpNotStartsWith,
	}
	for _, tc := range []struct {
		operator    vocab.TargetingOperator
		value, page string
		holds       bool
	}{
		// The whole address.
		{vocab.OpIs, "https://example.com/pricing", "https://example.com/pricing", true},
		{vocab.OpIs, "https://example.com/pricing", "https://example.com/pricing/", false},
		{vocab.OpIs, "https://example.com/pricing", "http://example.com/pricing", false},
		{vocab.OpIs, "https://example.com", "https://example.com/", true},
		{vocab.OpIs, "https://example.com/", "https://example.com", true},
		{vocab.OpIs, "https://example.com", "https://example.com/pricing", false},
		// Without a scheme: any. Without a host: any.
		{vocab.OpIs, "example.com/pricing", "http://example.com/pricing", true},
		{vocab.OpIs, "example.com/pricing", "https://example.com/pricing", true},
		{vocab.OpIs, "//example.com/pricing", "https://example.com/pricing", true},
		{vocab.OpIs, "example.com/pricing", "https://www.example.com/pricing", false},
		{vocab.OpIs, "/pricing", "https://anything.example/pricing", true},
		{vocab.OpIs, "/pricing", "https://anything.example/de/pricing", false},
		{vocab.OpIs, "/", "https://anything.example", true},
		// Case: scheme and host fold, the rest does not.
		{vocab.OpIs, "HTTPS://Example.COM/Pricing", "https://example.com/Pricing", true},
		{vocab.OpIs, "https://example.com/pricing", "https://EXAMPLE.com/pricing", true},
		{vocab.OpIs, "https://example.com/Pricing", "https://example.com/pricing", false},
		// The fragment compares only if the rule has one.
		{vocab.OpIs, "/pricing", "https://example.com/pricing#plans", true},
		{vocab.OpIs, "/pricing#faq", "https://example.com/pricing#plans", false},
		{vocab.OpIs, "/pricing#plans", "https://example.com/pricing#plans", true},
		{vocab.OpIs, "/pricing#plans", "https://example.com/pricing?x=1#plans", true},
		{vocab.OpIs, "/pricing#", "https://example.com/pricing", true},
		{vocab.OpIs, "/#/pricing", "https://example.com/#/pricing", true},
		{vocab.OpIs, "/#/pricing", "https://example.com/#/pricing/teams", false},
		{vocab.OpIs, "/#/pricing/*", "https://example.com/#/pricing/teams", true},
		{vocab.OpIs, "/#/pricing/*", "https://example.com/#/pricing-old", false},
		{vocab.OpIs, "#/gr%C3%B6%C3%9Fe", "https://example.com/app#/größe", true},
		{vocab.OpStartsWith, "/app#/pri", "https://example.com/app#/pricing", true},
		{vocab.OpStartsWith, "/app#/pri", "https://example.com/app", false},
		{vocab.OpStartsWith, "#/pri", "https://example.com/app?x#/pricing", true},
		{vocab.OpContains, "#/pri", "https://example.com/app#/pricing", true},
		{vocab.OpContains, "x=1#/pri", "https://example.com/app?x=1#/pricing", true},
		// The query compares only if the rule has one.
		{vocab.OpIs, "/pricing", "https://example.com/pricing?plan=pro", true},
		{vocab.OpIs, "/pricing?plan=pro", "https://example.com/pricing?plan=pro#x", true},
		{vocab.OpIs, "/pricing?plan=pro", "https://example.com/pricing?plan=pro&x=1", false},
		{vocab.OpIs, "/pricing?plan=pro", "https://example.com/pricing", false},
		{vocab.OpIs, "/pricing?", "https://example.com/pricing?plan=pro", false},
		{vocab.OpIs, "https://shop.example/?", "https://shop.example/", true},
		{vocab.OpIs, "https://shop.example/?", "https://shop.example/?", true},
		{vocab.OpStartsWith, "/pricing?", "https://example.com/pricing", true},
		{vocab.OpStartsWith, "/pricing?", "https://example.com/pricing-old", false},
		{vocab.OpIs, "/pricing?plan=Pro", "https://example.com/pricing?plan=pro", false},
		// Everything below.
		{vocab.OpIs, "/pricing/*", "https://example.com/pricing", true},
		{vocab.OpIs, "/pricing/*", "https://example.com/pricing/", true},
		{vocab.OpIs, "/pricing/*", "https://example.com/pricing/teams/2", true},
		{vocab.OpIs, "/pricing/*", "https://example.com/pricing-old", false},
		{vocab.OpIs, "/pricing/*", "https://example.com/de/pricing", false},
		{vocab.OpIs, "example.com/*", "https://example.com/any/thing?x#y", true},
		{vocab.OpIs, "example.com/*", "https://example.com.evil.example/", false},
		{vocab.OpIs, "/*", "https://example.com/any", true},
		{vocab.OpIs, "/search/*?q=a", "https://example.com/search/shop?q=a", true},
		{vocab.OpIs, "/search/*?q=a", "https://example.com/search/shop?q=b", false},
		{vocab.OpIs, "/a*", "https://example.com/ab", false},
		// Ports.
		{vocab.OpIs, "https://example.com:443/a", "https://example.com/a", true},
		{vocab.OpIs, "https://example.com/a", "https://example.com:443/a", true},
		{vocab.OpIs, "http://example.com/a", "http://example.com:80/a", true},
		{vocab.OpIs, "http://example.com/a", "http://example.com:443/a", false},
		{vocab.OpIs, "example.com/a", "https://example.com:8443/a", false},
		{vocab.OpIs, "example.com:8443/a", "https://example.com:8443/a", true},
		{vocab.OpIs, "example.com:443/a", "https://example.com/a", true},
		{vocab.OpIs, "example.com:443/a", "http://example.com/a", false},
		{vocab.OpIs, "localhost:3000", "http://localhost:3000/", true},
		{vocab.OpIs, "[::1]:3000/a", "http://[::1]:3000/a", true},
		{vocab.OpIs, "[::1]/a", "http://[::1]/a", true},
		// Hosts: international, with the root's dot, with a user.
		{vocab.OpIs, "bücher.example/a", "https://xn--bcher-kva.example/a", true},
		{vocab.OpIs, "xn--bcher-kva.example/a", "https://BÜCHER.example/a", true},
		{vocab.OpIs, "bucher.example/a", "https://xn--bcher-kva.example/a", false},
		{vocab.OpIs, "example.com/a", "https://example.com./a", true},
		{vocab.OpIs, "example.com/a", "https://user:secret@example.com/a", true},
		{vocab.OpIs, "example.com/a", "https://example.com@evil.example/a", false},
		{vocab.OpIs, "my_shop.example/a", "https://MY_SHOP.example/a", true},
		// Percent-encoding.
		{vocab.OpIs, "/größe", "https://example.com/gr%C3%B6%C3%9Fe", true},
		{vocab.OpIs, "/gr%c3%b6%c3%9fe", "https://example.com/gr%C3%B6%C3%9Fe", true},
		{vocab.OpIs, "/%61bc", "https://example.com/abc", true},
		{vocab.OpIs, "/a b", "https://example.com/a%20b", true},
		{vocab.OpIs, "/a/b", "https://example.com/a%2Fb", false},
		{vocab.OpIs, "/a%2fb", "https://example.com/a%2Fb", true},
		{vocab.OpIs, "/a%25b", "https://example.com/a%b", true},
		{vocab.OpIs, "/%ff", "https://example.com/%FF", true},
		{vocab.OpIs, "  /pricing  ", "https://example.com/pricing", true},

		// Parts of it.
		{vocab.OpContains, "pric", "https://example.com/pricing", true},
		{vocab.OpContains, "Pric", "https://example.com/pricing", false},
		{vocab.OpContains, "Example", "https://example.com/pricing", true},
		{vocab.OpContains, "Example", "https://shop.test/example", false},
		{vocab.OpContains, "Example.com/Pric", "https://example.com/Pricing", true},
		{vocab.OpContains, "example.com/Pric", "https://example.com/pricing", false},
		{vocab.OpContains, "HTTPS://", "https://example.com/", true},
		{vocab.OpContains, "/de/", "https://example.com/de/pricing", true},
		{vocab.OpContains, "plan", "https://example.com/pricing?plan=pro", true},
		{vocab.OpContains, "Plan", "https://example.com/pricing?plan=pro", false},
		{vocab.OpContains, "/docs/*", "https://example.com/v2/docs?x", true},
		{vocab.OpContains, "?plan", "https://example.com/pricing?plan=pro", true},
		{vocab.OpContains, "pricing?plan", "https://example.com/pricing?plan=pro", true},
		{vocab.OpContains, "plans", "https://example.com/pricing#plans", false},
		{vocab.OpContains, "bücher", "https://xn--bcher-kva.example/", true},
		{vocab.OpContains, "größe", "https://example.com/gr%C3%B6%C3%9Fe", true},
		{vocab.OpContains, "/docs/*", "https://example.com/v2/docs/start", true},
		{vocab.OpContains, "/docs/*", "https://example.com/v2/docs", true},
		{vocab.OpContains, "/docs/*", "https://example.com/v2/docs-old", false},
		{vocab.OpContains, "/docs/*", "https://example.com/docs-old/docs/x", true},

		// The beginning of it.
		{vocab.OpStartsWith, "https://example.com/pri", "https://example.com/pricing", true},
		{vocab.OpStartsWith, "HTTPS://Example.com/pri", "https://example.com/pricing", true},
		{vocab.OpStartsWith, "https://example.com/Pri", "https://example.com/pricing", false},
		{vocab.OpStartsWith, "http://example.com/pri", "https://example.com/pricing", false},
		{vocab.OpStartsWith, "example.com/pri", "http://example.com/pricing", true},
		{vocab.OpStartsWith, "shop.", "https://shop.example.com/", true},
		{vocab.OpStartsWith, "shop.", "https://shopping.example.com/", false},
		{vocab.OpStartsWith, "/pri", "https://example.com/pricing", true},
		{vocab.OpStartsWith, "/pri", "https://example.com/de/pricing", false},
		{vocab.OpStartsWith, "/pricing/*", "https://example.com/pricing-old", false},
		{vocab.OpStartsWith, "/pricing/*", "https://example.com/pricing/x", true},
		{vocab.OpStartsWith, "/pricing?plan=", "https://example.com/pricing?plan=pro", true},
		{vocab.OpStartsWith, "/pricing?plan=", "https://example.com/pricing?x&plan=pro", false},
		{vocab.OpStartsWith, "büc", "https://xn--bcher-kva.example/", true},
		{vocab.OpStartsWith, "example.com:80", "http://example.com:8080/", true},

		// With stars in any label and segment.
		{vocab.OpMatches, "https://shop.example/*/pricing", "https://shop.example/de/pricing", true},
		{vocab.OpMatches, "https://shop.example/*/pricing", "https://shop.example/pricing", false},
		{vocab.OpMatches, "https://shop.example/*/pricing", "https://shop.example/de/at/pricing", false},
		{vocab.OpMatches, "https://shop.example/*/pricing", "https://shop.example//pricing", false},
		{vocab.OpMatches, "https://shop.example/*/pricing", "http://shop.example/de/pricing", false},
		{vocab.OpMatches, "*://shop.example/*/pricing", "http://shop.example/de/pricing", true},
		{vocab.OpMatches, "*.example.com/a", "https://shop.example.com/a", true},
		{vocab.OpMatches, "*.example.com/a", "https://example.com/a", false},
		{vocab.OpMatches, "*.example.com/a", "https://a.b.example.com/a", false},
		{vocab.OpMatches, "*.example.com/a", "https://shop.example.com:8443/a", false},
		{vocab.OpMatches, "*.example.com:443/a", "https://shop.example.com/a", true},
		{vocab.OpMatches, "shop-*.example.com", "https://shop-DE.example.com/", true},
		{vocab.OpMatches, "*.xn--bcher-kva.example/a", "https://shop.bücher.example/a", true},
		{vocab.OpMatches, "/product-*/b", "https://shop.example/product-12/b", true},
		{vocab.OpMatches, "/product-*-x*", "https://shop.example/product-12-x", true},
		{vocab.OpMatches, "/product-*/b", "https://shop.example/products/b", false},
		{vocab.OpMatches, "/*/pricing/*", "https://shop.example/de/pricing", true},
		{vocab.OpMatches, "/*/pricing/*", "https://shop.example/de/pricing/teams/2", true},
		{vocab.OpMatches, "*/pricing", "https://shop.example/pricing", true},
		{vocab.OpMatches, "/*?q=a", "https://shop.example/x?q=a", true},
		{vocab.OpMatches, "/*?q=a", "https://shop.example/x?q=b", false},
		{vocab.OpMatches, "/#/*/edit", "https://shop.example/#/12/edit", true},
		{vocab.OpMatches, "/pricing", "https://shop.example/pricing", true},
	} {
		if got := shows(tc.page, vocab.Targeting{Operator: tc.operator, Value: tc.value}); got != tc.holds {
			t.Errorf("%s %q holds %v on %s", tc.operator, tc.value, got, tc.page)
		}
		if negations[tc.operator] == "" {
			continue
		}
		if got := shows(tc.page, vocab.Targeting{Operator: negations[tc.operator], Value: tc.value}); got == tc.holds {
			t.Errorf("%s %q holds %v on %s", negations[tc.operator], tc.value, got, tc.page)
		}
	}
}

// TM-3: a parameter of the query, decoded, in any occurrence.
func TestQueryParameters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		parameter, value, page string
		holds                  bool
	}{
		{"plan", "pro", "https://example.com/?plan=pro", true},
		{"plan", "pro", "https://example.com/?plan=free&plan=pro#x", true},
		{"plan", "pro", "https://example.com/?plan=prof", false},
		{"plan", "Pro", "https://example.com/?plan=pro", false},
		{"plan", "pro", "https://example.com/?Plan=pro", false},
		{"plan", "pro", "https://example.com/#?plan=pro", false},
		{"größe", "a b&c", "https://example.com/?gr%C3%B6%C3%9Fe=a+b%26c", true},
		{"q", "a b", "https://example.com/?q=a%20b", true},
		{"q", "50%", "https://example.com/?q=50%", true},
		{"q", "x=y", "https://example.com/?q=x=y", true},
		{"q", "x", "https://example.com/", false},
	} {
		rule := vocab.Targeting{Operator: vocab.OpQueryParam, Parameter: tc.parameter, Value: tc.value}
		if got := shows(tc.page, rule); got != tc.holds {
			t.Errorf("%s=%q holds %v on %s", tc.parameter, tc.value, got, tc.page)
		}
	}
}

// TM-3: a page is itself however it is written, and never what it is not; no
// text breaks the comparison.
func TestAddressesOfAnyKind(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.StringMatching(`(/[a-zA-Zäß%0-9._~!-]{0,8}){0,4}`).Draw(t, "path")
		page := "https://shop.example:8443" + path
		for _, same := range []string{page, "SHOP.example:8443" + path} {
			if !shows(page+"#top", vocab.Targeting{Operator: vocab.OpIs, Value: same}) || !shows(page, vocab.Targeting{Operator: vocab.OpMatches, Value: same}) {
				t.Errorf("%q is not %q", page, same)
			}
			if !shows(page, vocab.Targeting{Operator: vocab.OpStartsWith, Value: page}) {
				t.Errorf("%q does not begin with itself", page)
			}
		}
		junk := rapid.String().Draw(t, "junk")
		for _, operator := range []vocab.TargetingOperator{vocab.OpIs, vocab.OpContains, vocab.OpStartsWith, vocab.OpMatches} {
			shows(junk, vocab.Targeting{Operator: operator, Value: page})
			shows(page, vocab.Targeting{Operator: operator, Value: junk})
		}
	})
}
