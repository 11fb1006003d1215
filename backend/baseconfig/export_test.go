package baseconfig

// Waiters tells how many callers wait for an answer that they may share.
func (r *Resolver) Waiters() int {
	r.flights.mu.Lock()
	defer r.flights.mu.Unlock()
	n := 0
	for _, f := range r.flights.live {
		n += f.waiters
	}
	return n
}
