// Command bare is the smallest Go program: what the runtime alone costs.
package main

func main() {}
