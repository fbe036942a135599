run dlbricks --help
for command in decompose bench predict compare validate profile inspect why check 'zoo list' 'zoo write' \
    'machine show' 'machine check' 'machine list' 'cache list' 'cache show' \
    'cache stats' 'cache verify' 'cache merge' 'cache export' 'cache import' ops; do
    run dlbricks $command --help
done
