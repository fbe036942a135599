#include "tests/test.h"

#include "base/heap.h"

static void heap__gives_back_by_key_then_tie_then_number(void **state)
{
    (void)state;
    struct heap h = {0};
    uint64_t random = 1;
    for (int i = 0; i < 500; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        heap_push(&h, (struct heap_item){random >> 60, random >> 58 & 3, 499 - i});
    }
    struct heap_item last = heap_pop(&h);
    for (int n = 1; n < 500; n++) {
        struct heap_item next = heap_pop(&h);
        assert_true(last.key <= next.key);
        if (last.key == next.key)
            assert_true(last.tie < next.tie || (last.tie == next.tie && last.number < next.number));
        last = next;
    }
    assert_int_equal(h.n, 0);
    heap_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heap__gives_back_by_key_then_tie_then_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
