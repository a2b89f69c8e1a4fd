package slots

import "userns-helpers/internal/netquota"

// missing are the rows that the ledger has lost: complete interfaces in slots, living, and in no row. The ledger is read
// again before that is believed: a row may have come since.
func (s *survey) missing(b *Book, links Links) ([]Row, error) {
	rows, err := s.unlisted(links)
	if len(rows) == 0 || err != nil {
		return nil, err
	}
	s.listed = make([][]string, len(s.allotments))
	if err := b.read(&s.sheet, s.row); err != nil {
		return nil, err
	}
	return s.unlisted(links)
}

func (s *survey) unlisted(links Links) ([]Row, error) {
	var rows []Row
	for _, file := range s.slots {
		for _, r := range file.records {
			if r.state != complete || s.others[r.Name] || s.isListed(r.Name) {
				continue
			}
			alive, err := s.seen(r.Nic, links)
			if err != nil {
				return nil, err
			}
			if alive {
				rows = append(rows, Row{file.allotment.Owner, file.allotment.Place, r.Name})
			}
		}
	}
	return rows, nil
}

// seen reports whether an interface lives in this network namespace, by the name that it was made with or another.
func (s *survey) seen(nic netquota.Nic, links Links) (bool, error) {
	if s.living[nic.Name] {
		return true, nil
	}
	may, err := mayLive(nic, links)
	if !may || err != nil {
		return false, err
	}
	return lives(nic, links)
}
