package sssd

// Range is one that SSSD returns, unchecked: it passed 4294967290+65536 on as the directory had it.
type Range struct{ Start, Count uint32 }

// Ranges are the subordinate ids of a user.
type Ranges struct{ UID, GID []Range }

// RangesOf returns the ranges of the user whom SSSD itself calls name; none is what it says of a user without ranges,
// of one that it does not know, of a provider that has no ranges, and of a server that it cannot ask now. Of an SSSD
// that was built without ranges, or is older than 2.6, the error is that the connection was closed.
func (s Session) RangesOf(name string) (Ranges, error) {
	body, err := s.ask(cmdSubid, append([]byte(name), 0))
	if err != nil {
		return Ranges{}, err
	}
	ranges, ok := parseRanges(body)
	if !ok {
		return Ranges{}, s.conn.Malformed("it is no list of ranges")
	}
	return ranges, nil
}

// parseRanges understands a list: how many of user ids, how many of group ids, then start and count of each.
func parseRanges(body []byte) (Ranges, bool) {
	if len(body) < 8 {
		return Ranges{}, false
	}
	uids, gids := word(body), word(body[4:])
	body = body[8:]
	if uids > mostRanges || gids > mostRanges || uint64(len(body)) < 8*(uint64(uids)+uint64(gids)) {
		return Ranges{}, false
	}
	return Ranges{UID: rangesIn(body[:8*uids]), GID: rangesIn(body[8*uids : 8*(uids+gids)])}, true
}

func rangesIn(body []byte) []Range {
	var ranges []Range
	for ; len(body) > 0; body = body[8:] {
		ranges = append(ranges, Range{word(body), word(body[4:])})
	}
	return ranges
}
