//go:build system

package maps

func allCases() []check {
	var out []check
	for _, part := range [][]check{argumentCases(), descriptorCases(), limitCases(), symptomCases(), ownerCases(), rangeCases(), slipCases(), passwdCases(), forbiddenCases(), privilegeCases(), callerCases(), hostileCases(), getsubidsCases()} {
		out = append(out, part...)
	}
	return out
}
