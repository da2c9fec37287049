package search

import "strings"

// common are words that stand in every question, as Terms writes them, of the languages in
// which bots are asked most. They say nothing of what is asked for.
var common = func() map[string]bool {
	all := map[string]bool{}
	for _, list := range []string{
		"a about am an and any are as at be been but by can cannot could did do does for from get had has have hello hey hi how i if in into is it its me my no not of on or " +
			"our please s so t than thank thanks that the their them then there these they this to us was we were what when where which who why will with would you your",
		"aber als am an auch auf aus bei bin bis bitte da das dass dem den der des die dir doch du durch ein eine einem einen einer es fur gibt guten hab habe haben hallo hat " +
			"hatte ich ihr ihre im in ist kann kein keine konnen man mein meine meinen meiner mich mir mit muss nach nicht noch oder sein sich sie sind so und uns unser von vor wann " +
			"warum was wenn wer werden wie wieso wir wird wo zu zum zur",
		"au aux avec bonjour ce ces cette comment dans de des donc du elle en est et il ils je l la le les leur ma mais me mes mon ne nous on ou par pas peut peux plus pour " +
			"pourquoi quand que quel quelle qui sa se ses si sont sur ta te un une vos votre vous",
		"al como con cual cuando de del donde el ella en es esta este hay hola la las lo los me mi mis no o para pero por porque puede puedo que se si son su sus tengo tu un una y yo",
	} {
		for _, word := range strings.Fields(list) {
			all[word] = true
		}
	}
	return all
}()

// IsCommon reports whether a term of Terms stands in every question, and says nothing of
// what is asked for.
func IsCommon(term string) bool { return common[term] }
