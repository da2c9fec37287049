package smartlist

import (
	"context"
	"encoding/json"
	"fmt"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/viewer"
)

// Answer is whether contacts meet criteria, and when time alone will change what is asked;
// zero: never.
type Answer struct {
	Holds bool
	Due   clock.Micros
}

// with is the answer of both, of which the earlier time counts.
func (a Answer) with(holds bool, due clock.Micros) Answer {
	if a.Due == 0 || due != 0 && due < a.Due {
		a.Due = due
	}
	a.Holds = holds
	return a
}

// List is a list whose criteria are to be evaluated.
type List struct {
	*ent.ContactList
	Criteria *ContactListCriteriaInput
	// Problems are why they cannot be; nil: they can.
	Problems []*Problem
	root     *tree
}

// Problem is why a condition cannot be evaluated.
type Problem struct {
	// Path is where in the criteria it stands.
	Path    []string
	Message string
}

// Plan evaluates the criteria of some lists together: a condition that several have is
// asked once.
type Plan struct {
	Lists  []*List
	leaves []*leaf
}

// tree is criteria, of which one is set.
type tree struct {
	all, any []*tree
	not      *tree
	leaf     *leaf
}

// Prepare reads the criteria of smart lists; static ones are left out. What is wrong with
// criteria by now is a problem of the list.
//
//errors:contained
func Prepare(ctx context.Context, client *ent.Client, lists []*ent.ContactList) (*Plan, error) {
	ctx = viewer.AsSystem(ctx, "smart-lists")
	p := &Plan{}
	var all []*ContactListCriteriaInput
	for _, l := range lists {
		c, err := Parse(l.Criteria)
		if err != nil {
			return nil, fmt.Errorf("criteria of list %s: %w", l.ID, err)
		}
		if c != nil {
			p.Lists, all = append(p.Lists, &List{ContactList: l, Criteria: c}), append(all, c)
		}
	}
	k, err := loadKnown(ctx, client, all)
	if err != nil {
		return nil, err
	}
	byKey := map[string]*leaf{}
	for _, l := range p.Lists {
		l.Criteria.each([]string{"criteria"}, func(in *ContactListCriteriaInput, path []string) {
			if fault := k.fault(in, path, false); fault != nil {
				l.Problems = append(l.Problems, &Problem{Path: fault.Field, Message: fault.Message})
			}
		})
		if l.Problems != nil {
			continue
		}
		if l.root, err = p.plant(l.Criteria, k, byKey); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// plant makes the tree of criteria.
func (p *Plan) plant(in *ContactListCriteriaInput, k known, byKey map[string]*leaf) (t *tree, err error) {
	t = &tree{}
	switch {
	case in.All != nil:
		t.all, err = p.plantAll(in.All, k, byKey)
	case in.Any != nil:
		t.any, err = p.plantAll(in.Any, k, byKey)
	case in.Not != nil:
		t.not, err = p.plant(in.Not, k, byKey)
	default:
		t.leaf, err = p.plantLeaf(in, k, byKey)
	}
	return t, err
}

func (p *Plan) plantAll(all []*ContactListCriteriaInput, k known, byKey map[string]*leaf) ([]*tree, error) {
	trees := make([]*tree, len(all))
	for i, one := range all {
		t, err := p.plant(one, k, byKey)
		if err != nil {
			return nil, err
		}
		trees[i] = t
	}
	return trees, nil
}

func (p *Plan) plantLeaf(in *ContactListCriteriaInput, k known, byKey map[string]*leaf) (*leaf, error) {
	key, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	if l := byKey[string(key)]; l != nil {
		return l, nil
	}
	l, err := newLeaf(in, k)
	if err != nil {
		return nil, err
	}
	byKey[string(key)] = l
	p.leaves = append(p.leaves, l)
	return l, nil
}

// answerFor is what the tree says of a contact.
func (t *tree) answerFor(contactID string, now clock.Micros) Answer {
	switch {
	case t.leaf != nil:
		return t.leaf.answerFor(contactID, now)
	case t.not != nil:
		a := t.not.answerFor(contactID, now)
		a.Holds = !a.Holds
		return a
	}
	a := Answer{Holds: t.all != nil}
	for _, below := range t.all {
		b := below.answerFor(contactID, now)
		a = a.with(a.Holds && b.Holds, b.Due)
	}
	for _, below := range t.any {
		b := below.answerFor(contactID, now)
		a = a.with(a.Holds || b.Holds, b.Due)
	}
	return a
}

// answerFor is what was found of the contact, as it is now.
func (l *leaf) answerFor(contactID string, now clock.Micros) Answer {
	at, found := l.found[contactID]
	if !found || l.window == nil {
		return Answer{Holds: found}
	}
	return l.window(at).answerAt(now)
}
