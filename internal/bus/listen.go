package bus

// Listen is Subscribe for those who know a bus by an interface of their own: it
// returns what closes the subscription.
func (b *Bus) Listen(subject string, deliver func(data []byte)) (stop func(), err error) {
	s, err := b.Subscribe(subject, deliver)
	if err != nil {
		return nil, err
	}
	return s.Close, nil
}
