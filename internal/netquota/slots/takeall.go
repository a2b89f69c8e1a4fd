package slots

// takeAll takes a slot of the user's limit, a slot of the first allotment that has a free one, and one of the limit of that
// group's member; then it writes the claim into them. What has no free slot is in blocked.
func (c *Claim) takeAll(links Links) (bool, error) {
	c.places, c.blocked = nil, nil
	taken, err := c.takeOf(c.survey.ofUser, links)
	if !taken || err != nil {
		return false, err
	}
	for i, file := range c.survey.slots {
		taken, err := c.takeBoth(c.survey.ofMembers[i], file, links)
		if err != nil {
			return false, err
		}
		if taken {
			c.Allotment = file.allotment
			return true, c.write(pending)
		}
	}
	return false, c.unlock()
}

// takeBoth takes a slot of the limit of a member, if there is one, and of the allotment.
func (c *Claim) takeBoth(member, allotment *slots, links Links) (bool, error) {
	before := len(c.places)
	taken, err := c.takeOf(member, links)
	if !taken || err != nil {
		return false, err
	}
	taken, err = c.takeOf(allotment, links)
	if taken || err != nil {
		return taken, err
	}
	for _, p := range c.places[before:] {
		if err := p.file.unlock(p.slot); err != nil {
			return false, err
		}
	}
	c.places = c.places[:before]
	return false, nil
}

// takeOf takes a slot of a file; where there is no such limit there is nothing to take.
func (c *Claim) takeOf(file *slots, links Links) (bool, error) {
	if file == nil {
		return true, nil
	}
	if file.crowded {
		c.blocked = append(c.blocked, file)
		return false, nil
	}
	slot, busy, err := file.take(links)
	if err != nil {
		return false, err
	}
	if slot < 0 {
		file.busy = busy
		c.blocked = append(c.blocked, file)
		return false, nil
	}
	c.places = append(c.places, place{file, slot})
	return true, nil
}
