# The lists that experiments name are frozen: one that changes is another experiment.
run sh -c 'dlbricks zoo list --csv | cut -d, -f1,5'
