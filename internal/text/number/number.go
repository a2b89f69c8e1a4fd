// Package number reads the numbers of the command line and of the files as strtol(3) reads them, since that is the
// grammar in which administrators and programs have written them for decades.
//
// It promises that a text is a number as a whole or not at all, and that no value wraps: a minus sign before anything
// but zero is out of range, where strtoul(3) would turn -1 into 18446744073709551615 (CVE-2016-6252 came of such a
// value).
package number

import "errors"

var (
	// ErrSyntax means that the text is not a number, or something follows it.
	ErrSyntax = errors.New("not a number")
	// ErrRange means that the text is a number below 0 or above 2^64-1.
	ErrRange = errors.New("number out of range")
)

// text is what a number is written in. Bytes are read in place: a malformed file must not cost memory.
type text interface{ string | []byte }

// Base0 reads text as strtoul(text, &end, 0) does with nothing after the end: white space, a sign, then 0x and
// hexadecimal, 0 and octal, or decimal digits. Errors: ErrSyntax, ErrRange.
func Base0[T text](text T) (uint64, error) {
	text, negative := sign(skipSpace(text))
	text, base := prefix(text)
	value, err := digits(text, base)
	if err == nil && negative && value != 0 {
		return 0, ErrRange
	}
	return value, err
}

// Decimal reads text in base 10: white space, one plus sign, digits; leading zeros mean nothing. Errors: ErrSyntax (a
// minus sign too), ErrRange.
func Decimal[T text](text T) (uint64, error) {
	text, negative := sign(skipSpace(text))
	if negative {
		return 0, ErrSyntax
	}
	return digits(text, 10)
}

// skipSpace drops what isspace(3) of the C locale calls white space from the front.
func skipSpace[T text](text T) T {
	for len(text) > 0 && (text[0] == ' ' || '\t' <= text[0] && text[0] <= '\r') {
		text = text[1:]
	}
	return text
}

// sign drops at most one sign from the front.
func sign[T text](text T) (rest T, negative bool) {
	if len(text) == 0 || text[0] != '+' && text[0] != '-' {
		return text, false
	}
	return text[1:], text[0] == '-'
}

// prefix tells the base by the first digits. The 0 of octal stays: alone it is a number of its own.
func prefix[T text](text T) (rest T, base uint64) {
	switch {
	case len(text) > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'):
		return text[2:], 16
	case len(text) > 0 && text[0] == '0':
		return text, 8
	}
	return text, 10
}

// digits reads all of text in base; text must have at least one digit and nothing else.
func digits[T text](text T, base uint64) (uint64, error) {
	if len(text) == 0 {
		return 0, ErrSyntax
	}
	var value uint64
	var err error
	for i := range len(text) {
		digit := digitOf(text[i])
		if digit >= base {
			return 0, ErrSyntax
		}
		if value > (1<<64-1-digit)/base {
			err = ErrRange // what follows may still prove that this is no number at all
		}
		value = value*base + digit
	}
	if err != nil {
		return 0, err
	}
	return value, nil
}

// digitOf returns the value of a digit of base 16 or less, and 255 for any other byte.
func digitOf(b byte) uint64 {
	switch {
	case '0' <= b && b <= '9':
		return uint64(b - '0')
	case 'a' <= b && b <= 'f':
		return uint64(b-'a') + 10
	case 'A' <= b && b <= 'F':
		return uint64(b-'A') + 10
	}
	return 255
}
