#include <stdio.h>

int main(void)
{
    puts("espsim");
    return 0;
}
