// Loops of our own, called as a program calls them: by threads with numbers.
#include "tests/test.h"

#include <math.h>

#include "runner/loops_index.h"
#include "runner/loops_map.h"
#include "runner/loops_reduce.h"
#include "tests/runner/whole_engine.h"

enum { N_NUMBERS = 53 }; // no multiple of any vector's length

union numbers {
    float f32[N_NUMBERS];
    double f64[N_NUMBERS];
    int64_t s64[N_NUMBERS];
};

static void fill(union numbers *to, enum map_number number, int seed)
{
    for (int i = 0; i < N_NUMBERS; i++) {
        int x = (i * 7 + seed * 5) % 19 - 9;
        if (number == MAP_f32)
            to->f32[i] = (float)x / 8;
        else if (number == MAP_f64)
            to->f64[i] = (double)x / 8;
        else
            to->s64[i] = x;
    }
}

static bool same(const union numbers *a, const union numbers *b, enum map_number number, int i)
{
    if (number == MAP_s64)
        return a->s64[i] == b->s64[i];
    double x = number == MAP_f32 ? (double)a->f32[i] : a->f64[i];
    double y = number == MAP_f32 ? (double)b->f32[i] : b->f64[i];
    return x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= 1e-5 * fmax(1, fabs(x));
}

static void compare_versions(const struct map_info *info, enum map_number number, int best)
{
    static const double parameters[MAP_PARAMETERS] = {0.5, 0.25};
    union numbers src[MAP_SOURCES], dst[2] = {0};
    const void *args[] = {&src[0], &src[1], &src[2]};
    for (int k = 0; k < MAP_SOURCES; k++)
        fill(&src[k], number, k);
    info->block[number][LOOP_sse2](&dst[0], args, N_NUMBERS, parameters);
    for (int isa = LOOP_avx2; isa <= best; isa++) {
        info->block[number][isa](&dst[1], args, N_NUMBERS, parameters);
        for (int i = 0; i < N_NUMBERS; i++)
            if (!same(&dst[0], &dst[1], number, i))
                fail_msg("%s: element %d differs for %s", info->name, i,
                         loop_isa_name((enum loop_isa)isa));
    }
}

static void map__is_the_same_for_every_instruction_set(void **state)
{
    (void)state;
    int best = (int)loop_isa_of(engine.environment.value[ENV_isa]);
    for (int map = 0; map < N_MAPS; map++)
        for (int number = 0; number < N_MAP_NUMBERS; number++)
            if (map_info((enum map)map)->block[number][LOOP_sse2])
                compare_versions(map_info((enum map)map), (enum map_number)number, best);
}

static void map__whole_numbers_never_trap(void **state)
{
    (void)state;
    static const int64_t worst[] = {0, 1, -1, INT64_MIN, INT64_MAX, 64, -64};
    static const double parameters[MAP_PARAMETERS] = {1e300, -1e300};
    for (int map = 0; map < N_MAPS; map++) {
        map_block *block = map_info((enum map)map)->block[MAP_s64][LOOP_sse2];
        for (size_t i = 0; block && i < N_ELEMENTS(worst); i++)
            for (size_t k = 0; k < N_ELEMENTS(worst); k++) {
                const void *args[] = {&worst[i], &worst[k], &worst[k]};
                int64_t result;
                block(&result, args, 1, parameters);
            }
    }
}

static void map__whole_numbers_at_their_edges_are_those_of_onnx(void **state)
{
    (void)state;
    static const int64_t places[] = {0, 1, 7, 8, 63, 64, 255, -1};
    static const int64_t left[] = {-3, -6, -384, -768, INT64_MIN, 0, 0, 0};
    static const int64_t right[] = {-3, -2, -1, -1, -1, -1, -1, -1};
    int64_t x[N_ELEMENTS(places)], dst[N_ELEMENTS(places)];
    for (size_t i = 0; i < N_ELEMENTS(places); i++)
        x[i] = -3;
    const void *args[] = {x, places};
    map_info(MAP_ShiftLeft)
        ->block[MAP_s64][LOOP_sse2](dst, args, N_ELEMENTS(places), (double[2]){0});
    assert_memory_equal(dst, left, sizeof left);
    map_info(MAP_ShiftRight)
        ->block[MAP_s64][LOOP_sse2](dst, args, N_ELEMENTS(places), (double[2]){0});
    assert_memory_equal(dst, right, sizeof right);
}

static const struct edge {
    enum map map;
    float src[2], dst;
    double parameters[MAP_PARAMETERS];
} edges[] = {
    {MAP_Clip, {-7}, 2, {5, 2}},
    {MAP_Clip, {3}, 2, {5, 2}},
    {MAP_Clip, {NAN}, NAN, {-1, 1}},
    {MAP_Mod, {5, INFINITY}, 5, {0}},
    {MAP_Mod, {-5, INFINITY}, INFINITY, {0}},
    {MAP_Mod, {5, -INFINITY}, -INFINITY, {0}},
    {MAP_Mod, {-7, 3}, 2, {0}},
    {MAP_Mod, {7, -3}, -2, {0}},
    {MAP_Mod, {16777216, 3}, 1, {0}},
    {MAP_Fmod, {-5, INFINITY}, -5, {0}},
    {MAP_Max, {NAN, 1}, NAN, {0}},
    {MAP_Max, {1, NAN}, NAN, {0}},
    {MAP_Min, {NAN, 1}, NAN, {0}},
    {MAP_Min, {1, NAN}, NAN, {0}},
};

static void map__reals_at_their_edges_are_those_of_onnx(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(edges); i++) {
        const struct edge *e = &edges[i];
        const void *args[] = {&e->src[0], &e->src[1]};
        float dst;
        map_info(e->map)->block[MAP_f32][LOOP_sse2](&dst, args, 1, e->parameters);
        if (dst != e->dst && !(isnan(dst) && isnan(e->dst)))
            fail_msg("%s, edge %zu: %g, not %g", map_info(e->map)->name, i, (double)dst,
                     (double)e->dst);
    }
}

// Runs a loop as a team of so many threads, one after the other.
static void run(const struct loop *loop, const void *params, void *const *args, int threads)
{
    for (int thread = 0; thread < threads; thread++)
        loop->run[LOOP_sse2](params, args, thread, threads);
}

static void lpnorm__a_line_of_zeros_stays_one(void **state)
{
    (void)state;
    float src[] = {0, 3, 0, 4}, dst[4];
    static const float expected[] = {0, 0.6f, 0, 0.8f};
    const struct loop_lpnorm p = {.outer = 1, .n = 2, .inner = 2, .p = 2};
    run(&loop_lpnorm, &p, (void *[]){src, dst}, 1);
    for (int i = 0; i < 4; i++)
        assert_float_equal(dst[i], expected[i], 1e-6);
}

static void gather__indices_outside_are_taken_to_the_nearest(void **state)
{
    (void)state;
    int64_t data[] = {10, 11, 12}, indices[] = {0, -1, 3, INT64_MAX, INT64_MIN, -3}, dst[6];
    static const int64_t expected[] = {10, 12, 12, 12, 10, 10};
    const struct loop_gather p = {TYPE_s64, 1, 6, 3, sizeof(int64_t)};
    run(&loop_gather, &p, (void *[]){data, indices, dst}, 4);
    assert_memory_equal(dst, expected, sizeof dst);
}

static void scatter__later_updates_of_a_place_win(void **state)
{
    (void)state;
    float updates[] = {1, 2, 3, 4}, dst[3] = {0};
    int32_t indices[] = {2, 0, 2, 9};
    static const float expected[] = {2, 0, 4}; // 9 is taken to 2
    const struct loop_scatter_nd p = {.to = {TYPE_s32, 1, 4, 1, {3}, {1}, 3, sizeof(float)},
                                      .type = TYPE_f32};
    run(&loop_scatter_nd, &p, (void *[]){indices, updates, dst}, 2);
    assert_memory_equal(dst, expected, sizeof dst);
}

static void top__of_equals_the_first_comes_first(void **state)
{
    (void)state;
    float src[] = {1, 3, 3, 2, 3}, values[3];
    int64_t indices[3];
    static const int64_t expected[] = {1, 2, 4};
    const struct loop_lines p = {TYPE_f32, 1, 5, 1, .largest = true, .k = 3};
    run(&loop_top, &p, (void *[]){src, values, indices}, 3);
    assert_memory_equal(indices, expected, sizeof indices);
}

static void arg__of_equals_the_first_or_the_last(void **state)
{
    (void)state;
    float src[] = {1, 3, 3, 2};
    int64_t first, last;
    run(&loop_arg, &(struct loop_lines){TYPE_f32, 1, 4, 1, .largest = true},
        (void *[]){src, &first}, 1);
    run(&loop_arg, &(struct loop_lines){TYPE_f32, 1, 4, 1, .largest = true, .last = true},
        (void *[]){src, &last}, 1);
    assert_int_equal(first, 1);
    assert_int_equal(last, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map__is_the_same_for_every_instruction_set),
        cmocka_unit_test(map__whole_numbers_never_trap),
        cmocka_unit_test(map__whole_numbers_at_their_edges_are_those_of_onnx),
        cmocka_unit_test(map__reals_at_their_edges_are_those_of_onnx),
        cmocka_unit_test(lpnorm__a_line_of_zeros_stays_one),
        cmocka_unit_test(gather__indices_outside_are_taken_to_the_nearest),
        cmocka_unit_test(scatter__later_updates_of_a_place_win),
        cmocka_unit_test(top__of_equals_the_first_comes_first),
        cmocka_unit_test(arg__of_equals_the_first_or_the_last),
    };
    return cmocka_run_group_tests(tests, engine_start, engine_stop);
}
