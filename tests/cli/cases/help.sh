run dlbricks --help
for command in decompose bench predict validate profile inspect check 'zoo list' 'zoo write' \
    'machine show' 'machine check' 'machine list' ops; do
    run dlbricks $command --help
done
