package nics

import (
	"slices"
	"strconv"
)

// appliesTo reports whether a rule is for s. A user of digits only is a uid, never a name.
func (r rule) appliesTo(s Subject) bool {
	if r.bridge != "" && r.bridge != s.Bridge || r.container != "" && r.container != s.Container {
		return false
	}
	if r.user == "" {
		return slices.Contains(s.Groups, r.group)
	}
	if uid, err := strconv.ParseUint(r.user, 10, 32); err == nil {
		return uint32(uid) == s.UID
	}
	return slices.Contains(s.Names, r.user)
}

// levelOf is the level of a rule by what it names.
func (r rule) levelOf() Level {
	switch {
	case r.container != "" && r.bridge != "":
		return ContainerOnBridge
	case r.container != "":
		return Container
	case r.user != "" && r.bridge != "":
		return UserOnBridge
	case r.user != "":
		return User
	case r.bridge != "":
		return GroupOnBridge
	}
	return Group
}

// sameSubject reports whether two rules name the same users on the same bridge, and the same container.
func (r rule) sameSubject(other rule) bool {
	return r.user == other.user && r.group == other.group && r.bridge == other.bridge && r.container == other.container
}
