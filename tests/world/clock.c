/* The clock of a world: adds the seconds that /etc/world-clock holds to the time of day.
 *
 * Preloaded through the world's /etc/ld.so.preload. The monotonic clock, on which programs
 * wait, stays real: a program that waits half a second must not wait 65 days. (libfaketime
 * moves it as well unless a variable forbids it, and a hook's environment is emptied.) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long long none = 0;
static const volatile long long *ahead = &none;

__attribute__((constructor)) static void map_offset(void)
{
    int file = open("/etc/world-clock", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    void *page = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED)
        ahead = page;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int failed = syscall(SYS_clock_gettime, id, now);
    if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        now->tv_sec += *ahead;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int failed = syscall(SYS_gettimeofday, now, zone);
    if (!failed && now)
        now->tv_sec += *ahead;
    return failed;
}

time_t time(time_t *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

/* An absolute time of day that was reckoned from the clock above; the kernel's is the real one. */
int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    int (*real)(sem_t *, const struct timespec *) =
        (int (*)(sem_t *, const struct timespec *))dlsym(RTLD_NEXT, "sem_timedwait");
    struct timespec moved = {until->tv_sec - *ahead, until->tv_nsec};
    return real(semaphore, &moved);
}
