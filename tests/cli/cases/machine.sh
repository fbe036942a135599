run dlbricks machine list --cache nowhere
run dlbricks machine list --cache nowhere --json
