package netquota

// missing are the rows that the ledger has lost: complete interfaces in slots, living, and in no row. The ledger is read
// again before that is believed: a row may have come since.
func (s *survey) missing(b *Book) ([]Row, error) {
	rows := s.unlisted()
	if len(rows) == 0 {
		return nil, nil
	}
	s.listed = make([][]string, len(s.charges))
	if err := b.read(&s.sheet, s.row); err != nil {
		return nil, err
	}
	return s.unlisted(), nil
}

func (s *survey) unlisted() []Row {
	var rows []Row
	for _, file := range s.slots {
		for _, r := range file.records {
			if r.state == complete && s.living[r.name] && !s.others[r.name] && !s.isListed(r.name) {
				rows = append(rows, Row{file.charge.Owner, file.charge.Place, r.name})
			}
		}
	}
	return rows
}
