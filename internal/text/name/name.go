// Package name says what can be the name of a user or group.
package name

// Longest is the longest name that is one, in bytes. utmp(5) and useradd(8) stop at 32, login.defs(5) and SSSD at 255 or
// 256.
const Longest = 255

// Valid reports whether a name can be a user's or group's: it can stand in a file of lines and colons.
func Valid[T string | []byte](name T) bool {
	for i := range len(name) {
		if name[i] == ':' || name[i] == '\n' || name[i] == 0 {
			return false
		}
	}
	return 0 < len(name) && len(name) <= Longest
}
