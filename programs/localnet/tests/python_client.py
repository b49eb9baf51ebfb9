"""Airdrops, transfers and reads back through the solana and solders packages; prints what it saw as JSON."""

import asyncio
import json
import sys

from solana.rpc.api import Client
from solana.rpc.commitment import Confirmed
from solana.rpc.types import TxOpts
from solana.rpc.websocket_api import connect
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

LAMPORTS = 1_000_000_000


def main(rpc_url: str) -> dict:
    client = Client(rpc_url, commitment=Confirmed)
    payer, recipient = Keypair(), Keypair().pubkey()
    airdrop = client.request_airdrop(payer.pubkey(), 5 * LAMPORTS).value
    client.confirm_transaction(airdrop, commitment=Confirmed)
    latest = client.get_latest_blockhash().value
    move = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=recipient, lamports=2 * LAMPORTS))
    message = MessageV0.try_compile(payer.pubkey(), [move], [], latest.blockhash)
    signature = client.send_transaction(VersionedTransaction(message, [payer]), TxOpts(preflight_commitment=Confirmed)).value
    client.confirm_transaction(signature, commitment=Confirmed, last_valid_block_height=latest.last_valid_block_height)
    read = client.get_transaction(signature, max_supported_transaction_version=0).value
    account = client.get_account_info(recipient).value
    squeezed = client.get_account_info(Pubkey.default(), encoding="base64+zstd").value
    return {
        "payerLamports": client.get_balance(payer.pubkey()).value,
        "recipientLamports": account.lamports,
        "rentEpoch": str(account.rent_epoch),
        "programData": bytes(squeezed.data).decode(),
        "fee": read.transaction.meta.fee,
        "error": read.transaction.meta.err,
        "statuses": [str(status.confirmation_status) for status in client.get_signature_statuses([airdrop, signature]).value],
        "listed": [str(item.signature) for item in client.get_signatures_for_address(recipient).value] == [str(signature)],
        "slot": client.get_slot().value,
        "signature": str(signature),
    }


async def subscribe(ws_url: str, signature: str) -> bool:
    """Waits for a signature's notification over the WebSocket."""
    async with connect(ws_url) as socket:
        await socket.signature_subscribe(Signature.from_string(signature))
        await socket.recv()
        notification = (await asyncio.wait_for(socket.recv(), 10))[0]
        return notification.result.value.err is None


if __name__ == "__main__":
    seen = main(sys.argv[1])
    seen["notified"] = asyncio.run(subscribe(sys.argv[2], seen["signature"]))
    print(json.dumps(seen))
