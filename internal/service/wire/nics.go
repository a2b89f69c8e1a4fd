package wire

import (
	"unicode/utf8"

	"userns-helpers/internal/text/json"
)

// How many words the command line of lxc-user-nic has, the last being the name of the interface, which create can do without.
const (
	fewestWords = 6
	mostWords   = 7
)

// nicMembers are the parameters of Create and Delete that are words of the command line, in its order, from the second word on.
func nicMembers() []string {
	return []string{"lxcpath", "container", "target", "type", "bridge", "name"}
}

// verb is the first word.
func (m Method) verb() string {
	if m == Delete {
		return "delete"
	}
	return "create"
}

// parseNic reads the parameters of Create and Delete. lxcpath, which decides nothing, need not be there, nor name in Create.
func parseNic(m Method, parameters []byte) (Call, error) {
	c, err := parseWords(m, parameters)
	if err != nil {
		return Call{}, err
	}
	return c, nil
}

func parseWords(m Method, parameters []byte) (Call, error) {
	members := nicMembers()
	values, err := json.Only(parameters, append(members, "namespace", "unopened")...)
	if err != nil {
		return Call{}, parameter(err)
	}
	c := Call{Method: m, Arguments: []string{m.verb()}}
	for i, member := range members {
		value := values[i]
		switch missing := value == nil || string(value) == "null"; {
		case missing && member == "lxcpath":
			value = []byte(`""`)
		case missing && member == "name" && m == Create:
			continue
		}
		word, ok := json.Text(value)
		if !ok {
			return Call{}, invalid(member)
		}
		c.Arguments = append(c.Arguments, word)
	}
	err = c.parseNamespace(values[len(members)], values[len(members)+1])
	return c, err
}

// parseNamespace reads which descriptor it is, which can only be the first, or why there is none.
func (c *Call) parseNamespace(namespace, unopened []byte) error {
	switch none := unopened == nil || string(unopened) == "null"; {
	case none && string(namespace) == "0":
		return nil
	case none, namespace != nil && string(namespace) != "null":
		return invalid("namespace")
	}
	var ok bool
	if c.Unopened, ok = json.Text(unopened); !ok || c.Unopened == "" {
		return invalid("unopened")
	}
	return nil
}

// nicMessage writes a call of Nics.
func (c Call) nicMessage() ([]byte, bool) {
	method := "Create"
	if c.Method == Delete {
		method = "Delete"
	}
	out := append(make([]byte, 0, 512), `{"method":"`+Nics+`.`+method+`","parameters":{"namespace":`...)
	if c.Unopened != "" {
		out = append(append(out, `null,"unopened":`...), json.Quote(c.Unopened)...)
	} else {
		out = append(out, '0')
	}
	if len(c.Arguments) < fewestWords || len(c.Arguments) > mostWords {
		return nil, false
	}
	members := nicMembers()
	for i, word := range c.Arguments[1:] {
		if !utf8.ValidString(word) {
			return nil, false
		}
		out = append(append(append(out, `,"`...), members[i]...), `":`...)
		out = append(out, json.Quote(word)...)
	}
	return ended(append(out, "}}"...))
}
