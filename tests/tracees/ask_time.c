/* SPDX-License-Identifier: MIT */
/* ask_time PORT: asks an NTP server on the loopback device until it answers, and prints the stratum that it says. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKET_BYTES 48 /* RFC 5905, 7.3 */
#define TRIES 300
#define TRY_MS 100

int main(int argc, char **argv)
{
	struct sockaddr_in server = { .sin_family = AF_INET,
				      .sin_port = htons((unsigned short)atoi(argc > 1 ? argv[1] : "0")),
				      .sin_addr = { htonl(INADDR_LOOPBACK) } };
	unsigned char packet[PACKET_BYTES] = { 4 << 3 | 3 }; /* version 4, a client */
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd answer = { .fd = fd, .events = POLLIN };

	for (int i = 0; i < TRIES; i++) {
		sendto(fd, packet, sizeof(packet), 0, (struct sockaddr *)&server, sizeof(server));
		if (poll(&answer, 1, TRY_MS) == 1 && recv(fd, packet, sizeof(packet), MSG_DONTWAIT) == PACKET_BYTES) {
			printf("mode %d stratum %d\n", packet[0] & 7, packet[1]);
			return 0;
		}
		poll(NULL, 0, TRY_MS); /* until it listens, the kernel answers at once */
	}
	return 1;
}
