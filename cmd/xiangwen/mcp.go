package main

import (
	"context"

	"xiangwen/bot"
	"xiangwen/bot/mcp"
)

type mcpCommand struct {
	settings
	PublicURL string `name:"public-url" env:"XIANGWEN_PUBLIC_URL" placeholder:"URL" help:"Where readers reach the web pages; citations then link to them."`
}

// Run serves until the assistant closes its end. Standard output is the protocol's.
func (c *mcpCommand) Run(ctx context.Context, s streams) error {
	if c.LogLevel == "info" {
		c.LogLevel = "warn"
	}
	d, err := c.build(s, readSecrets(), bot.Options{}, false)
	if err != nil {
		return err
	}
	defer d.store.Close()
	if err := c.open(ctx, d, s); err != nil {
		return err
	}
	return mcp.ServeStdio(ctx, d.Desk, c.PublicURL, version())
}
