package model

// ContactListFilling says how far the filling of a smart list has come.
type ContactListFilling struct {
	Compared int
	Total    *int
}
